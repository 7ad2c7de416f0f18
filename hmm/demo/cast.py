"""Who is on the demo farm: one device of each board that behaves differently, named by its room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """One simulated miner. `enrolled` ones follow the strategy; `fault` is set a while after the start."""

    name: str
    board: str  # as the family's simulator names it
    firmware: str
    family: str = "bitaxe"  # a key of hmm.demo.makers.registry.MAKERS
    enrolled: bool = True
    fault: str = ""


CAST = (
    Role("Study Gamma", "gamma601", "v2.15.0"),
    Role("Hall Gamma", "gamma602", "v2.14.0"),
    Role("Loft Gamma", "gamma601", "v2.12.2"),  # no pause before 2.14: runs its lowest mode instead
    Role("Garage GT", "gammaturbo801", "v2.15.0"),
    Role("Landing Duo", "gammaduo650", "v2.15.0"),
    Role("Bedroom Supra", "supra402", "v2.14.0"),
    Role("Kitchen Supra", "supra401", "v2.10.0", enrolled=False),
    Role("Workshop Hex", "hex303", "v2.14.0"),
    Role("Cellar Supra Hex", "suprahex701", "v2.15.0"),
    Role("Shed Ultra", "ultra205", "v2.14.0", fault="vanish"),
    Role("Porch Max", "max102", "v2.14.0"),
    Role("Utility Fork", "bitforge800", "v1.0", enrolled=False),  # read only until it is proven
    Role("Attic Nerd", "nerdqaxe++", "v1.0.37", family="nerdqaxe"),
    Role("Studio Octa", "nerdoctaxe", "v1.0.36", family="nerdqaxe"),
    Role("Desk Nerd", "nerdaxegamma", "v1.0.32", family="nerdqaxe"),  # no shutdown before 1.0.36
    Role("Lounge Nano", "nano3s", "25021401_56abae7", family="avalon_nano"),  # cannot be turned off: runs low instead
    Role("Bath Nano", "nano3", "24071801_42c628d", family="avalon_nano"),  # no MAC, levels instead of modes
    Role("Cellar Q", "q", "25052801_14a19a2", family="avalon_nano", enrolled=False),  # only read
    Role("Shelf NMMiner", "c5", "v2.0.04", family="nmminer", enrolled=False),
    Role("Window NMMiner", "d0", "v1.5.01", family="nmminer", enrolled=False),  # broadcasts, answers nothing
)


@dataclass(frozen=True, slots=True)
class DemoPool:
    """One pool of the household, its port and statistics simulated; `wallet` is a public test address."""

    name: str
    coin: str
    reward: str
    backend: str
    wallet: str
    hashrate_ths: float = 3.0
    difficulty: float = 1.3e14


WORKING_POOLS = (
    DemoPool("Solo BTC", "BTC", "solo", "solopool", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", 6.2),
    DemoPool("Shared BTC", "BTC", "pooled", "braiins", "demo", 14.1),
    DemoPool(
        "Solo BCH", "BCH", "solo", "solopool", "qp63uahgrxged4z5jswyt5dn5v3lzsem6cy4spdc2h", 4.4, 531_625_310_065.7
    ),
    DemoPool("Solo DGB", "DGB", "solo", "solopool", "DFpN6QqFfUm3gKNaxN6tNcab1FArL9cZLE", 9.8, 430_030_207.2),
)
