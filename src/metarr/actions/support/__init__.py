"""The support bundle: what somebody who helps needs to know, and nothing that lets anybody in."""
