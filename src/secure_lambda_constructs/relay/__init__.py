"""The egress relay: one audited way out for functions of a closed network."""
