"""A stand-in for AWS on this machine, for the tests and the demo of this repository.

LocalStack 4.9.2 without a container, AWS's own DynamoDB Local and Lambda runtime interface
emulator, and a plug-in of ours (``plugin/``) that adds Signer, code signing, and what
CloudFormation lacks.
``install.py`` installs it into ``.local-aws/``; nothing of the library knows about it.

    with LocalAws.start(state_directory) as aws:
        aws.client("s3").create_bucket(Bucket="b")
        subprocess.run(["cdk", "deploy"], env=os.environ | aws.environment())

From the command line, with ``tools/`` as the working directory: ``python -m local_aws``.

What it does **not** check, so that no test may rely on it:

* IAM: any caller may do anything. Roles, boundaries, resource policies, endpoint policies and
  bucket policies are stored and can be read back, never enforced. Every key is accepted; a key of
  twelve digits is the account.
* The network: functions run as plain processes of this machine. Security groups, route tables,
  DNS firewall, endpoints and flow logs are stored, never applied. Outside a VPC the internet is the
  names that a test gives (``set_internet``). Python's own sockets reach these and this machine, no
  other address; nothing confines what goes round them. ``/tmp`` and the other file systems are not
  confined, memory is not limited.
* Signatures by AWS: the format is Signer's, the root key is made anew at every start. Whether the
  entries' digest covers exactly what AWS's covers rests on one third party's recordings.
* Runtimes: every ``python3.*`` function runs on Python 3.11, for x86_64; others can be created but
  not invoked. ``context.invoked_function_arn`` names the emulator's account, 012345678912. A log
  group that is missing is made, whatever the function's role permits.
* CloudFormation: a property that our own resource types would drop fails, and so does a type that
  neither we nor LocalStack have; LocalStack's own types drop properties that they do not know.
  ``--no-rollback`` is ignored. A deletion stops at the first resource that cannot be deleted.
* DynamoDB Local is of 2020 and holds everything in memory; a global table has one replica.
* Databases: behind the endpoints of PostgreSQL's clusters, instances and proxies is this machine's
  PostgreSQL, where it has one, and nothing otherwise. Whoever signed a token may be its user; there
  are no passwords, and no proxy pools connections.
* Prefix lists are ids that rules name, and nothing else. There is no CloudTrail.
* Everything is gone when it stops; eventual consistency and most limits do not exist, and quotas
  only where a test sets one (``add_fault`` with ``per_second``).

It listens on loopback only. It stops, with every process it started, when it is told to, and also
when the process that started it dies in whatever way.
"""

from .controller import Fault, JobOutcome, LocalAws
from .process import LocalAwsError

__all__ = ["Fault", "JobOutcome", "LocalAws", "LocalAwsError"]
