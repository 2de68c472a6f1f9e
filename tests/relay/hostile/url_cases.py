"""URLs that lead somewhere else, if whoever reads them is not careful."""

from collections.abc import Iterator

from secure_lambda_constructs.relay.handler.refusals import Code

from .case import HOST, PATH, URL, Case, Sent, event, read_sends, refusals

__all__ = ["url_cases"]

_SCHEMES = (
    *(f"http://{HOST}{PATH}", f"HTTP://{HOST}{PATH}", f"//{HOST}{PATH}", f"{HOST}{PATH}", PATH),
    *(f"https:{HOST}{PATH}", f"https:/{HOST}{PATH}", f"https:///{HOST}{PATH}"),
    *(f"https:////{HOST}{PATH}", f"https:\\\\{HOST}{PATH}", f"https:/\\{HOST}{PATH}"),
    *(f"ftp://{HOST}{PATH}", "file:///etc/passwd", f"gopher://{HOST}:25/_", f"wss://{HOST}{PATH}"),
    *(f"https+unix://{HOST}{PATH}", f"unix:///var/run/docker.sock:{PATH}", f"url:{URL}"),
    *(f"jar:{URL}!/", "data:text/plain,x", "javascript:alert(1)", f" {URL}", f"\t{URL}"),
    *(f"\n{URL}", f"\ufeff{URL}", f"https\n://{HOST}{PATH}", f"ht\ttps://{HOST}{PATH}"),
    *(f"https ://{HOST}{PATH}", f"https%3A//{HOST}{PATH}", f"https://https://{HOST}{PATH}"),
    *(f"\uff48ttps://{HOST}{PATH}", f"https\uff1a//{HOST}{PATH}", f"https:\uff0f\uff0f{HOST}/"),
    *("", "https", "https:", "https://", "https:///", "https://?", "https://#", f"https://{PATH}"),
)

_AUTHORITIES = (
    *(f"user@{HOST}", f"user:password@{HOST}", f"@{HOST}", f":@{HOST}", f"{HOST}@evil.example"),
    *(f"{HOST}:443@evil.example", f"{HOST}:@evil.example", f"evil.example:443@{HOST}"),
    *(
        f"a@b@{HOST}",
        f"{HOST}%40evil.example",
        f"{HOST}%2f@evil.example",
        f"{HOST}%00.evil.example",
    ),
    *(f"{HOST}%23.evil.example", f"{HOST}%3F.evil.example", f"{HOST}%5c.evil.example"),
    *(f"{HOST}\\@evil.example", f"evil.example\\@{HOST}", f"{HOST}\\.evil.example"),
    *(f"{HOST}#@evil.example", f"evil.example#@{HOST}", f"evil.example\\{HOST}"),
    *(f"{HOST};@evil.example", f"{HOST},evil.example", f"{HOST} evil.example", f"({HOST})"),
    *(f"{HOST}:", f"{HOST}:80", f"{HOST}:8443", f"{HOST}:0", f"{HOST}:00443", f"{HOST}:+443"),
    *(f"{HOST}:-443", f"{HOST}: 443", f"{HOST}:443 ", f"{HOST}:443:443", f"{HOST}:65979"),
    *(f"{HOST}:0x1bb", f"{HOST}:443.0", f"{HOST}:%3443", f"{HOST}:\uff14\uff14\uff13"),
    *(f"{HOST}%3A443", f"[{HOST}]", f"[{HOST}]:443", f"{HOST}]", f"[{HOST}"),
    *(f"{HOST}..", f".{HOST}", "api..example.com", f"{HOST}%2e", f"{HOST}.:443.", f"{HOST}.%00"),
    *(
        "*.example.com",
        "api_.example.com",
        "-api.example.com",
        "api-.example.com",
        "api!.com",
        "xn--.com",
    ),
    *(f"{'a' * 64}.example.com", f"{'a.' * 127}com", "a" * 300),
)

_ADDRESSES = (
    *("127.0.0.1", "127.0.0.1.", "127.0.0.1:443", "127.1", "127.0.1", "2130706433", "2130706433."),
    *(
        "0x7f000001",
        "0X7F000001",
        "0x7f.0.0.1",
        "0x7f.1",
        "0177.0.0.1",
        "0177.0x0.1",
        "017700000001",
    ),
    *("00000177.0.0.1", "127.0.0.01", "127.0.0.0x1", "0x7f000001.", "%31%32%37.0.0.1"),
    *("169.254.169.254", "169.254.43518", "169.16689662", "2852039166", "0xa9fea9fe"),
    *("0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "0251.254.169.254", "169.254.169.254."),
    *("4294967296", "4294967297", "0x1000000000000007f000001", "0", "0.0.0.0", "00", "0x", "0x0"),
    *("255.255.255.255", "256.256.256.256", "999.999.999.999", "1.2.3.4.5", "1.2.3", "1.1"),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("8.8.8.8", "1.1.1.1", "134744072", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "\uff11.1.1.1"),
    *(
        "\u0661\u0662\u0667.0.0.1",
        "127\u30020.0.1",
        "127.0.0.1%00.example.com",
        "127.0.0.1#",
        "127。1",
    ),
    *("[::1]", "[::]", "[::1]:443", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[fd00:ec2::254]"),
    *(
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fc00::1]",
        "[2606:4700:4700::1111]",
        "[v1.a]",
        "[]",
        "::1",
    ),
    *(
        "[::1",
        "::1]",
        "[[::1]]",
        "[::ffff:0:127.0.0.1]",
        "[2002:7f00:1::]",
        "[::1]@api.example.com",
    ),
)

_NAMES = (
    *(
        "\uff41pi.example.com",
        "api\u3002example.com",
        "api\uff0eexample.com",
        "api\uff61example.com",
    ),
    *(
        "\u0430pi.example.com",
        "api.\u0435xample.com",
        "api.examp\u217ce.com",
        "api.e\u00d7ample.com",
    ),
    *(
        "\u212aapi.example.com",
        "api.example.co\u212a",
        "api\u00ad.example.com",
        "api.ex\u200dample.com",
    ),
    *(
        "api.example.com\u200b",
        "\u202eapi.example.com",
        "api.example\u2024com",
        "\u24d0pi.example.com",
    ),
    *("b\u00fccher.example", "bu\u0308cher.example", "B\u00dcCHER.example", "\u017fervice.example"),
    *(
        "api.example.com\u2044x",
        "api.example.com\u2215x",
        "api.example.com\u037e",
        "\u2100.example.com",
    ),
    *(
        "api.example.c\u00f6m",
        "\U0001d41aapi.example.com",
        "api.example.com\xa0",
        "\ud800.example.com",
    ),
    *("api.ex%61mple.com", "api.example.com%E3%80%82", "%61pi.example.com", "api%2eexample.com"),
)

_OTHER_HOSTS = (
    *("evil.example", f"{HOST}.evil.example", f"evil-{HOST}", f"x{HOST}", "api-example.com"),
    *("apiexample.com", "example.com", "com", "api.example.co", "api.example.comm", f"a.{HOST}"),
    *(f"{HOST}-evil.example", "api.example.com.com", "other.example.com", "xn--bcher-kva.example"),
    *("xn--pi-7ka.example.com", "xn--a.example.com", "xn--bcher-kva2.example"),
    *("localhost", "localhost.localdomain", "metadata", "metadata.google.internal"),
    *(
        "instance-data",
        "169.254.169.254.nip.io",
        "127.0.0.1.nip.io",
        "0x7f.1.example",
        "7f000001.x",
    ),
    *("kubernetes.default.svc", "sts.amazonaws.com", "1.2.3.4.in-addr.arpa"),
)

# All that some server has taken for a step up, or for no step at all.
_DOTS = (
    *(".", "..", "%2e", "%2E", "%2e%2e", "%2E%2E", "%2e.", ".%2e", "%2E.", "..;", "..;x=1", ".;"),
    *(".;/..;", "%2e%2e;x", "..%3b", "..%3Bx=y", "..%20", "%20..", "%2e%20", "%20.%20", "..;%20"),
)
_ENCODED = (
    *(
        "%2f",
        "%2F",
        "a%2fb",
        "..%2f..%2fadmin",
        "%5c",
        "%5C",
        "..%5c..%5cadmin",
        "a%5cb",
        "%25",
        "a%25",
    ),
    *(
        "%252f",
        "%252e%252e",
        "%25%32%66",
        "%2525",
        "%%32%65",
        "%%32%66",
        "%2%66",
        "%u002f",
        "%u2215",
    ),
    *("%c0%af", "%c0%ae%c0%ae", "%c0%2f", "%e0%80%af", "%f0%80%80%af", "%f8%80%80%80%af", "%c1%9c"),
    *(
        "%ef%bc%8f",
        "%e2%88%95",
        "%e2%81%84",
        "%ef%bc%8e%ef%bc%8e",
        "%c3%a9",
        "%e3%80%82",
        "%ff",
        "%80",
    ),
    *(
        "%ed%a0%80",
        "%ed%a0%bd%ed%b8%80",
        "%f4%90%80%80",
        "%c2",
        "%00",
        "a%00.txt",
        "%0a",
        "%0d%0ahost:x",
    ),
    *(
        "%09",
        "%0b",
        "%1b",
        "%7f",
        "%c2%85",
        "%c2%a0",
        "%e2%80%ae",
        "%",
        "a%",
        "%1",
        "%g1",
        "%-1",
        "%+1",
    ),
    *(
        "% 1",
        "%\uff11\uff11",
        "%0x41",
        "%2 0",
        "\\",
        "a\\b",
        "\xe9",
        "\u2215",
        "a b",
        "a\tb",
        "a\nb",
    ),
    *(
        "a\r\nhost: evil.example\r\n\r\n",
        "a\x00",
        "a\x7f",
        "a\u2028b",
        "\ud800",
        "a#b",
        "#",
        "/",
        "//",
    ),
)

_EMPTY = (
    f"https://{HOST}/{PATH}",
    f"https://{HOST}//evil.example{PATH}",
    f"https://{HOST}/v1//items/blue/parts/7",
    f"https://{HOST}/v1/items//parts/7",
    f"https://{HOST}{PATH}//",
    f"{URL}/%2e%2e//",
    f"{URL}#",
    f"{URL}#fragment",
    f"{URL}#?expand=all",
    f"{URL}?expand=all#",
    f"{URL} HTTP/1.1\r\nhost: evil.example",
    f"{URL}\n",
    f"{URL}\x00",
    f"https://{HOST}{PATH}{'a' * 8192}",
)

_OTHER_PATHS = (
    *(
        "",
        "/",
        "?",
        "/?expand=all",
        f"{PATH}/",
        f"{PATH}/x",
        "/v1/items/blue/parts",
        "/v1/items/blue",
    ),
    *("/v1/items/blue/parts/", "/V1/items/blue/parts/7", "/v1/items/blue/Parts/7", "/v2" + PATH),
    *(
        "/v1;x/items/blue/parts/7",
        "/v1/items;jsessionid=1/blue/parts/7",
        "/v1/items/blue/parts;a/7",
    ),
    *("/v1%20/items/blue/parts/7", "/v1/items./blue/parts/7", "/v1/items/blue/parts%3b/7"),
    *("/v1/items/blue/parts%3f/7", "/v1/items/blue/parts%23/7", "/.../v1/items/blue/parts/7"),
    *("/v1/items/blue/parts7", "/v1:items/blue/parts/7", "/v1/items/blue/parts+/7", "/admin"),
    *("/v1/items/{item}/part/{part}", "/v1/items/*/parts", "/v1/files/a.txt", "/v1"),
)

_PARTS = (
    *(
        "07",
        "+7",
        "-7",
        "-0",
        "0",
        "100",
        "7.0",
        "7e0",
        "0x7",
        "7_0",
        "%207",
        "7%20",
        "7;x=1",
        "7%3bx",
    ),
    *(
        "7,8",
        "7%2c8",
        "7%3fadmin=1",
        "7%23",
        "7&admin=1",
        "7%26admin",
        "99999999999999999999",
        "7:80",
    ),
    *(
        "7@evil.example",
        "7.json",
        "7..",
        "'",
        "7%27--",
        "%3cscript%3e",
        "$%7bjndi:x%7d",
        "{{7*7}}",
        "7%22",
    ),
)

# What may be written in another way is sent in the one way that the route has.
_REWRITTEN = {
    f"https://API.EXAMPLE.COM{PATH}": PATH,
    f"https://Api.Example.Com{PATH}": PATH,
    f"https://{HOST}.{PATH}": PATH,
    f"https://{HOST}:443{PATH}": PATH,
    f"https://{HOST}.:443{PATH}": PATH,
    f"HTTPS://{HOST}{PATH}": PATH,
    f"hTTps://{HOST}{PATH}?": PATH,
    f"https://{HOST}/v1/%69tems/blue/p%61rts/7": PATH,
    f"https://{HOST}/%76%31/items/%62%6c%75%65/parts/%37": PATH,
    f"https://{HOST}/v1/items/a%20b/parts/7": "/v1/items/a%20b/parts/7",
    f"https://{HOST}/v1/items/a+b/parts/7": "/v1/items/a%2Bb/parts/7",
    f"https://{HOST}/v1/items/a;b=c/parts/7": "/v1/items/a%3Bb%3Dc/parts/7",
    f"https://{HOST}/v1/items/;/parts/7": "/v1/items/%3B/parts/7",
    f"https://{HOST}/v1/items/a%3fb/parts/7": "/v1/items/a%3Fb/parts/7",
    f"https://{HOST}/v1/items/a%23b/parts/7": "/v1/items/a%23b/parts/7",
    f"https://{HOST}/v1/items/a&b=c/parts/7": "/v1/items/a%26b%3Dc/parts/7",
    f"https://{HOST}/v1/items/@evil.example/parts/7": "/v1/items/%40evil.example/parts/7",
    f"https://{HOST}/v1/items/a:b@c/parts/7": "/v1/items/a%3Ab%40c/parts/7",
    f"https://{HOST}/v1/items/.../parts/7": "/v1/items/.../parts/7",
    f"https://{HOST}/v1/items/..a/parts/7": "/v1/items/..a/parts/7",
    f"https://{HOST}/v1/items/a../parts/7": "/v1/items/a../parts/7",
    f"https://{HOST}/v1/items/%7e%27%22/parts/7": "/v1/items/~%27%22/parts/7",
    f"https://{HOST}/v1/items/%20/parts/7": "/v1/items/%20/parts/7",
    f"https://{HOST}/v1/items/{{item}}/parts/7": "/v1/items/%7Bitem%7D/parts/7",
    f"https://{HOST}/v1/items/169.254.169.254/parts/7": "/v1/items/169.254.169.254/parts/7",
}


def url_cases() -> Iterator[Case]:
    """The cases."""
    malformed, destination = Code.MALFORMED_REQUEST, Code.DESTINATION_NOT_ALLOWED
    for kind, urls in {
        "scheme": _SCHEMES,
        "authority": [f"https://{authority}{PATH}" for authority in _AUTHORITIES],
        "host that is an address": [f"https://{address}{PATH}" for address in _ADDRESSES],
        "name beyond ASCII": [f"https://{name}{PATH}" for name in _NAMES],
        "dots": [f"https://{HOST}/v1/items/{dots}/parts/7" for dots in _DOTS],
        "dots at the end": [f"{URL}/{dots}" for dots in ("..", "%2e%2e", ".", "..;", "%2e")],
        "dots at the start": [f"https://{HOST}/{dots}{PATH}" for dots in ("..", "%2e.", ".", ".;")],
        "encoding": [f"https://{HOST}/v1/items/{piece}/parts/7" for piece in _ENCODED],
        "empty segment or fragment": _EMPTY,
    }.items():
        yield from refusals(kind, malformed, [event(url=url) for url in urls])
    for kind, urls in {
        "other host": [f"https://{host}{PATH}" for host in _OTHER_HOSTS],
        "other path": [f"https://{HOST}{path}" for path in _OTHER_PATHS],
    }.items():
        yield from refusals(kind, destination, [event(url=url) for url in urls])
    yield from refusals(
        "path parameter",
        Code.PARAMETER_NOT_ALLOWED,
        [
            *(event(url=f"https://{HOST}/v1/items/blue/parts/{part}") for part in _PARTS),
            event(url=f"https://{HOST}/v1/items/{'a' * 41}/parts/7"),
        ],
        route="read",
    )
    for number, (url, target) in enumerate(_REWRITTEN.items(), 1):
        yield Case(f"url written anew {number}", event(url=url), sent=read_sends(target))
    yield Case(
        "url of a name beyond ASCII that is listed",
        event(url="https://XN--BCHER-KVA.EXAMPLE./books"),
        sent=Sent("GET", "/books", host="xn--bcher-kva.example"),
    )
