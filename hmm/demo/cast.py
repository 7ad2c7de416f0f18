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
WALLET = "demo-wallet"
WORKING_POOLS = (
    # name, coin, reward, host, port: names of the documentation range, so that no real pool is meant
    ("Solo BTC", "BTC", "solo", "solo-btc.example.net", 3333),
    ("Shared BTC", "BTC", "pooled", "shared-btc.example.net", 3333),
    ("Solo BCH", "BCH", "solo", "solo-bch.example.net", 3334),
    ("Solo DGB", "DGB", "solo", "solo-dgb.example.net", 3335),
)
