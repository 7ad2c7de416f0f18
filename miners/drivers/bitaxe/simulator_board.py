"""The boards a simulated Bitaxe may have."""

from miners.drivers.esp_physics import BoardFacts

GAMMA_F, GAMMA_V = (400, 490, 525, 550, 600, 625), (1000, 1060, 1100, 1150, 1200, 1250)
SUPRA_F, SUPRA_V = (400, 425, 450, 475, 485, 490, 500, 525, 550, 575), (1100, 1150, 1166, 1200, 1250, 1300)
ULTRA_F, ULTRA_V = (400, 425, 450, 475, 485, 500, 525, 550, 575), (1100, 1150, 1200, 1250, 1300)
MAX_F, MAX_V = (400, 425, 450, 475, 485, 500, 525, 550, 575, 600), (1100, 1200, 1300, 1400, 1500)

BOARDS: dict[str, BoardFacts] = {
    "max102": BoardFacts("102", "Max", "BM1397", 1, 672, 425, 1400, MAX_F, MAX_V, 12, 25, 5000),
    "ultra204": BoardFacts("204", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "ultra205": BoardFacts("205", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "ultra207": BoardFacts("207", "Ultra", "BM1366", 1, 894, 485, 1200, ULTRA_F, ULTRA_V, 12, 25, 5000),
    "supra401": BoardFacts("401", "Supra", "BM1368", 1, 1276, 490, 1166, SUPRA_F, SUPRA_V, 12, 40, 5000),
    "supra402": BoardFacts("402", "Supra", "BM1368", 1, 1276, 490, 1166, SUPRA_F, SUPRA_V, 12, 40, 5000),
    "gamma601": BoardFacts("601", "Gamma", "BM1370", 1, 2040, 525, 1150, GAMMA_F, GAMMA_V, 19, 40, 5000),
    "gamma602": BoardFacts("602", "Gamma", "BM1370", 1, 2040, 525, 1150, GAMMA_F, GAMMA_V, 22, 40, 5000),
    "gammaduo650": BoardFacts(
        "650", "GammaDuo", "BM1370", 2, 2040, 400, 1150, (350, 375, 400, 410), GAMMA_V, 35, 40, 5000
    ),
    "gammaturbo801": BoardFacts("801", "GammaTurbo", "BM1370", 2, 2040, 525, 1150, GAMMA_F, GAMMA_V, 36, 60, 12000),
    "bitforge800": BoardFacts("800", "BitForge Nano", "BM1370", 2, 2040, 636, 1160, GAMMA_F, GAMMA_V, 40, 60, 12000),
    "hex303": BoardFacts("303", "Hex", "BM1366", 6, 894, 485, 1200, ULTRA_F, ULTRA_V, 40, 90, 12000),
    "suprahex701": BoardFacts("701", "SupraHex", "BM1368", 6, 1276, 490, 1166, SUPRA_F, SUPRA_V, 90, 120, 12000),
}
# A fork counts its versions anew; this is the AxeOS it was taken from.
FORKED_FROM = {"bitforge800": (2, 6)}
