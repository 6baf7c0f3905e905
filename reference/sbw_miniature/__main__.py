"""`python -m sbw_miniature [--port N] [--ready-json]` serves two businesses on loopback."""

import argparse
import json
import secrets
import sys

from sbw_miniature.provider import Provider
from sbw_miniature.resource import RESOURCES
from sbw_miniature.schema import folder
from sbw_miniature.server import Server
from sbw_miniature.store import Business, Token

_READS = frozenset(one.scope(write=False) for one in RESOURCES)
_ALL = _READS | {one.scope(write=True) for one in RESOURCES if one.is_collection}
_BUSINESS_ONLY = frozenset({"business:read"})
_TILL, _MAILER = "com.example.till", "com.example.mailer"


def new_tokens() -> dict[str, dict[str, tuple[str, Token]]]:
    """Return the tokens of two new businesses, by client and by what they are narrowed to."""
    one, other = Business.named("Corner Bakery"), Business.named("Harbour Books")
    plan = {
        "a1": {
            "token": Token(one, _TILL, _ALL),
            "read_only": Token(one, _TILL, _READS),
            "business_only": Token(one, _TILL, _BUSINESS_ONLY),
        },
        "a2": {"token": Token(one, _MAILER, _ALL)},
        "b1": {"token": Token(other, _TILL, _ALL)},
    }
    return {
        client: {name: (secrets.token_urlsafe(24), token) for name, token in tokens.items()}
        for client, tokens in plan.items()
    }


def ready(base: str, tokens: dict[str, dict[str, tuple[str, Token]]]) -> str:
    """Return one line of JSON that says where to go, and with which tokens."""
    clients = {}
    for client, named in tokens.items():
        texts = {name: text for name, (text, _) in named.items()}
        clients[client] = {"token": texts.pop("token"), **({"scoped": texts} if texts else {})}
    return json.dumps({"url": base, "clients": clients})


def exports(base: str, tokens: dict[str, dict[str, tuple[str, Token]]]) -> str:
    """Return the lines for a shell that lead the conformance suite here."""
    lines = [
        f"export SBW_{client}{'' if name == 'token' else f'_{name}'}_TOKEN".upper() + f"={text}"
        for client, named in tokens.items()
        for name, (text, _) in named.items()
    ]
    return "\n".join([*lines, f"sbw test {base}"]).replace("EXPORT ", "export ")


def port(text: str) -> int:
    """Return the number of a port; 0 stands for a free one."""
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="sbw_miniature", description=__doc__)
    parser.add_argument("--port", type=port, default=0, help="port on loopback; 0 for a free one")
    parser.add_argument("--ready-json", action="store_true", help="print one line of JSON")
    arguments = parser.parse_args()
    try:
        folder()
        tokens = new_tokens()
        server = Server(arguments.port)
    except FileNotFoundError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: The port {arguments.port} cannot be served on: {error.strerror}.")
    by_text = dict(pair for named in tokens.values() for pair in named.values())
    server.provider = Provider(server.origin, by_text)
    say = ready if arguments.ready_json else exports
    sys.stdout.write(say(server.provider.base, tokens) + "\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
