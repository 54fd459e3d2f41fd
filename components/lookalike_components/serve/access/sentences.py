"""What somebody without the token is told, in every protocol."""


def refusal(authorization: str) -> str:
    """One sentence: what is missing, or that what was sent is not it; never what was sent."""
    if not authorization:
        return "this server asks for a token; send it in the header Authorization: Bearer TOKEN"
    if not authorization.lower().startswith("bearer "):
        return "the header Authorization is of another kind than this server's; send Authorization: Bearer TOKEN"
    return "the token is not this server's, or no longer; ask for the one in use now"
