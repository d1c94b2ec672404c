"""The sample world as data: who lives in it, what they sell and how each sale runs. Amounts are in minor units."""

from typing import Literal

import msgspec

PASSWORD = "outcry-demo"  # noqa: S105 - printed by `outcry demo`; these accounts exist only in sample worlds
EMAIL_DOMAIN = "demo.example"

Role = Literal["seller", "buyer", "staff"]
Temper = Literal["steady", "eager", "patient", "sniper", "browser"]


class Place(msgspec.Struct, frozen=True):
    """Somewhere things are; degrees."""

    name: str
    lat: float
    lng: float


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account. `temper` is how they bid when a bot speaks for them; None means no bot does."""

    key: str
    name: str
    role: Role
    place: Place
    about: str
    temper: Temper | None = None

    @property
    def email(self) -> str:
        return f"{self.key}@{EMAIL_DOMAIN}"


class FixedSale(msgspec.Struct, frozen=True, tag=True):
    """For sale at a price."""

    price: int
    stock: int = 1


class AuctionSale(msgspec.Struct, frozen=True, tag=True):
    """Terms of an auction. `worth` is what the crowd privately takes the thing to be worth; nobody is told."""

    starting_price: int
    worth: int
    duration_seconds: int
    bid_increment: int | None = None
    reserve_price: int | None = None
    buy_now_price: int | None = None
    award: Literal["automatic", "seller_decides"] = "automatic"
    snipe_seconds: int = 30
    snipe_limit_seconds: int = 180


class Live(msgspec.Struct, frozen=True, tag=True):
    """Running, and bots bid on it."""


class Scheduled(msgspec.Struct, frozen=True, tag=True):
    """Starts `after_seconds` from the seeding."""

    after_seconds: int


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Over already: `bids` as (person's key, amount) were placed, in this order; the terms tell how it came out."""

    bids: tuple[tuple[str, int], ...]


Stage = Live | Scheduled | Ended


class Good(msgspec.Struct, frozen=True):
    """A listing. `subject` and `seed` name its pictures (see `pictures.draw`)."""

    seller: str
    title: str
    description: str
    category: str
    condition: Literal["new", "refurbished", "used"]
    subject: str
    seed: int
    attributes: dict[str, str | int | float]
    sale: FixedSale | AuctionSale
    stage: Stage | None = None
    views: int = 3
    fulfilment: tuple[Literal["shipping", "meetup"], ...] = ("shipping", "meetup")


class World(msgspec.Struct, frozen=True):
    """Everything to be made. `currency` None means the market's own."""

    people: tuple[Person, ...]
    goods: tuple[Good, ...]
    currency: str | None = None

    def person(self, key: str) -> Person:
        """Raises KeyError for nobody."""
        for person in self.people:
            if person.key == key:
                return person
        raise KeyError(key)

    @property
    def bidders(self) -> tuple[Person, ...]:
        """Those for whom bots bid."""
        return tuple(person for person in self.people if person.temper is not None)


LISBON = Place("Lisbon", 38.7223, -9.1393)
COPENHAGEN = Place("Copenhagen", 55.6761, 12.5683)
TURIN = Place("Turin", 45.0703, 7.6869)
BERLIN = Place("Berlin", 52.5200, 13.4050)
EDINBURGH = Place("Edinburgh", 55.9533, -3.1883)
MONTREAL = Place("Montreal", 45.5019, -73.5674)
KYOTO = Place("Kyoto", 35.0116, 135.7681)
PORTLAND = Place("Portland", 45.5152, -122.6784)

PEOPLE: tuple[Person, ...] = (
    Person(
        "mira",
        "Mira Castellanos",
        "seller",
        LISBON,
        (
            "Restores cameras and typewriters in a workshop above the river. Everything is stripped, "
            "cleaned and tested for a week."
        ),
    ),
    Person(
        "otto",
        "Otto Brandt",
        "seller",
        BERLIN,
        "Twenty-six years behind a hi-fi counter. Sells only what he would take home.",
    ),
    Person(
        "ingrid",
        "Ingrid Sorensen",
        "seller",
        COPENHAGEN,
        "Dealer in Scandinavian furniture and studio ceramics; condition reports are hers and are blunt.",
    ),
    Person(
        "renzo",
        "Renzo Galante",
        "seller",
        TURIN,
        "Third-generation garage. Old cars, honest files, no fresh paint over old rust.",
    ),
    Person(
        "isla",
        "Isla MacLeod",
        "seller",
        EDINBURGH,
        "Breeds and schools sport horses, and sells the odd house for the neighbours.",
    ),
    Person(
        "theo",
        "Theo Marchand",
        "seller",
        MONTREAL,
        "Watches, coins and paper. Member of two clubs that argue about lugs.",
    ),
    Person(
        "yuki", "Yuki Tanabe", "seller", KYOTO, "Wardrobe archivist. Photographs every seam and answers every question."
    ),
    Person(
        "juno",
        "Juno Park",
        "seller",
        PORTLAND,
        "Bikes, boards and instruments: bought to be used, sold to be used again.",
    ),
    Person(
        "alex",
        "Alex Novak",
        "buyer",
        BERLIN,
        ("Collects stories more than things. Log in as Alex to bid against the room."),
    ),
    Person("sam", "Sam Okafor", "buyer", EDINBURGH, "Furnishing a first flat, one lot at a time.", "steady"),
    Person("lea", "Lea Fontaine", "buyer", MONTREAL, "If it ticks, she is watching it.", "sniper"),
    Person("bruno", "Bruno Azevedo", "buyer", LISBON, "Bids early, bids often, regrets little.", "eager"),
    Person("hana", "Hana Kimura", "buyer", KYOTO, "Sets a maximum and goes for a walk.", "patient"),
    Person("viktor", "Viktor Lindqvist", "buyer", COPENHAGEN, "Mostly looks. Sometimes cannot help it.", "browser"),
    Person("priya", "Priya Raman", "buyer", PORTLAND, "Knows the price of everything before it is listed.", "steady"),
    Person("marco", "Marco Bellini", "buyer", TURIN, "Waits for the last ten seconds. Always.", "sniper"),
    Person("nadia", "Nadia Haddad", "buyer", BERLIN, "Decorates restaurants; buys in bursts.", "eager"),
    Person("tomas", "Tomas Herrera", "buyer", LISBON, "Maximum bids only, and good ones.", "patient"),
    Person("staff", "Robin (staff)", "staff", BERLIN, "Keeps the place honest."),
)


def sample_world(currency: str | None = None, price_factor: float = 1) -> World:
    """The sample world, with every amount times `price_factor` (prices are written for dollars and euros)."""
    from outcry.demo.goods import GOODS

    if price_factor == 1:
        return World(PEOPLE, GOODS, currency)
    return World(PEOPLE, tuple(_priced(good, price_factor) for good in GOODS), currency)


def _priced(good: Good, factor: float) -> Good:
    def times(amount: int | None) -> int | None:
        return None if amount is None else max(100, round(amount * factor / 100) * 100)

    def certain(amount: int) -> int:
        return times(amount) or 100

    sale = good.sale
    if isinstance(sale, FixedSale):
        return msgspec.structs.replace(good, sale=msgspec.structs.replace(sale, price=certain(sale.price)))
    stage = good.stage
    if isinstance(stage, Ended):
        stage = Ended(tuple((who, certain(amount)) for who, amount in stage.bids))
    scaled = msgspec.structs.replace(
        sale,
        starting_price=certain(sale.starting_price),
        worth=certain(sale.worth),
        bid_increment=times(sale.bid_increment),
        reserve_price=times(sale.reserve_price),
        buy_now_price=times(sale.buy_now_price),
    )
    return msgspec.structs.replace(good, sale=scaled, stage=stage)
