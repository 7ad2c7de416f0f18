"""The boards a simulated NerdOS device may have, with the absolute maximum its firmware clamps at."""

from miners.drivers.esp_physics import BoardFacts

BM1370_MV, BM1368_MV = tuple(range(1120, 1201, 10)), (1100, 1150, 1200, 1250, 1300, 1350)
BM1368_MHZ = (400, 425, 450, 475, 485, 490, 500, 525, 550, 575)
AXE_MHZ, AXE_MV = (400, 425, 450, 475, 485, 500, 525, 550, 575), (1100, 1150, 1200, 1250, 1300)
QAXE_MHZ = (500, 515, 525, 550, 575, 590, 600)
GAMMA_MHZ = (500, 515, 525, 550, 575)
OCTAXE_MHZ, OCTAXE_MV = (525, 600, 650, 700, 750, 800), (1120, 1150, 1180, 1210, 1230, 1260)

BOARDS: dict[str, BoardFacts] = {
    "nerdqaxe++": BoardFacts("", "NerdQAxe++", "BM1370", 4, 2040, 600, 1150, QAXE_MHZ, BM1370_MV, 76, 100, 12000),
    "nerdqaxe+": BoardFacts("", "NerdQAxe+", "BM1368", 4, 1276, 490, 1250, BM1368_MHZ, BM1368_MV, 54, 70, 12000),
    "nerdaxe": BoardFacts("", "NerdAxe", "BM1366", 1, 894, 485, 1200, AXE_MHZ, AXE_MV, 12, 25, 5000),
    "nerdaxegamma": BoardFacts("", "NerdAxeGamma", "BM1370", 1, 2040, 515, 1150, GAMMA_MHZ, BM1370_MV, 17, 25, 5000),
    "nerdoctaxe": BoardFacts(
        "", "NerdOCTAXE-γ", "BM1370", 8, 2040, 700, 1210, OCTAXE_MHZ, OCTAXE_MV, 190, 300, 12000
    ),
    "q1370": BoardFacts("", "Q1370", "BM1370", 4, 2040, 600, 1150, QAXE_MHZ, BM1370_MV, 76, 100, 12000),
}
ABSOLUTE_MAXIMUM = {"nerdqaxe++": (800, 1400), "nerdqaxe+": (800, 1400), "nerdoctaxe": (850, 1400)}
MAXIMUM_ELSEWHERE = (750, 1400)
