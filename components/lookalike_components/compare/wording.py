"""Numbers as people read them."""

MINUS = "\N{MINUS SIGN}"


def figure(value: float) -> str:
    """A metric with three decimals: ``0.581``."""
    return f"{value:.3f}".replace("-", MINUS)


def signed(value: float) -> str:
    """A difference with its sign: ``+0.269``, or a minus sign as wide as the plus; ``0.000`` has none."""
    rounded = round(value, 3)
    return f"{rounded:+.3f}".replace("-", MINUS) if rounded else "0.000"


def percent(share: float) -> str:
    """A share of one as ``95 %``, with a space that does not break."""
    return f"{100 * share:g}\N{NO-BREAK SPACE}%"


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: ``1 query``, ``1,640 queries``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def out_of_hundred(before: float, after: float) -> tuple[str, str]:
    """Two shares of one as ``73`` and ``up from 65``."""
    was, now = round(100 * before), round(100 * after)
    change = "as before" if now == was else f"{'up' if now > was else 'down'} from {was}"
    return str(now), change


def of_a_million(share: float) -> str:
    """A small share of one as so many of a million: ``12``, below ten with one decimal."""
    number = 1e6 * share
    return f"{number:.1f}" if 0 < number < 10 else f"{number:,.0f}"


def times(factor: float) -> str:
    """A factor to two figures: ``0.83``, ``1.8``, ``12``."""
    return f"{float(f'{factor:.2g}'):,g}"


def share(value: float | None) -> str:
    """A measured share of one to three figures, as ``12.3 %``; a dash where it is not known."""
    return "\N{EN DASH}" if value is None else percent(float(f"{value:.3g}"))


def points(difference: float) -> str:
    """A difference of two shares in hundredths: ``+24``, ``-3`` with a minus sign as wide, ``0``."""
    rounded = round(100 * difference)
    return f"{rounded:+d}".replace("-", MINUS) if rounded else "0"
