"""Small networks on functionals: plain, conditioned on neutral utterances, or trained against speakers."""
