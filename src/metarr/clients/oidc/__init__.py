"""OpenID Connect as its clients speak it: what a provider says of itself, tokens for codes, whether these are true.

https://openid.net/specs/openid-connect-core-1_0.html, https://openid.net/specs/openid-connect-discovery-1_0.html
"""
