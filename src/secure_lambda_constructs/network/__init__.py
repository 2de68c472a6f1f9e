"""The closed network: VPC, endpoints, DNS firewall, security groups."""
