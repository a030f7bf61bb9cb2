"""The vocabulary of the demo ERP: what a tyre wholesaler in Mexico sells, to whom, and where.

Brands, people and companies are invented; cities, states and postal code prefixes are real ones.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A leaf family and how its articles look. Weight range in grams, price range in whole pesos (list 1).

    `sizes` of tyres read width/profile R rim; `box` is width, length, height in mm for everything else.
    """

    name: str
    noun: str
    sizes: str  # comma-separated
    grams: tuple[int, int]
    pesos: tuple[int, int]
    share: int = 4  # how often an article falls into this family, relative to the others
    unit: str = "pieza"
    box: tuple[int, int, int] | None = None


def _words(block: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in block.split(","))


# Level 1 -> level 2 -> leaves: five, ten and twenty-five families.
FAMILIES: dict[str, dict[str, tuple[Line, ...]]] = {
    "Llantas": {
        "Automóvil": (
            Line("Turismo", "Llanta", "175/70R13, 185/65R15, 195/65R15, 205/55R16", (6500, 10800), (890, 2400), 12),
            Line("Alto desempeño", "Llanta", "225/45R17, 235/40R18, 245/40R19", (9800, 13500), (2300, 5600), 8),
            Line("Compacto económico", "Llanta", "155/70R13, 165/65R14, 175/65R14", (5200, 7900), (690, 1350), 8),
            Line("Antipinchazo", "Llanta", "225/50R17, 255/45R18", (12500, 16800), (3900, 7200)),
        ),
        "Camioneta y SUV": (
            Line("Carretera", "Llanta", "235/65R17, 245/65R17, 265/60R18", (13200, 18900), (2200, 4800), 8),
            Line("Todo terreno", "Llanta", "245/75R16, 265/70R17, 285/70R17", (16500, 25400), (2900, 6400), 8),
            Line("Lodo extremo", "Llanta", "285/75R16, 315/70R17", (24800, 33900), (4800, 8900)),
        ),
        "Camión y autobús": (
            Line("Direccional", "Llanta", "275/80R22.5, 295/80R22.5", (52000, 63500), (6900, 11800), 6),
            Line("Tracción", "Llanta", "275/80R24.5, 295/75R22.5", (54000, 66800), (7200, 12400), 6),
            Line("Toda posición", "Llanta", "245/70R19.5, 265/70R19.5", (33500, 42000), (5400, 8800)),
            Line("Remolque", "Llanta", "255/70R22.5, 385/65R22.5", (46000, 71500), (5900, 10900)),
        ),
        "Agrícola e industrial": (
            Line("Tractor, eje delantero", "Llanta", "380/70R24, 420/70R24", (58000, 92500), (9800, 17500), 2),
            Line("Tractor, eje trasero", "Llanta", "480/70R38, 520/85R42", (148000, 268000), (24800, 49900), 2),
            Line("Implemento y cañero", "Llanta", "400/60R15.5, 500/50R17", (31000, 54500), (5600, 11200), 2),
        ),
        "Motocicleta": (
            Line("Urbana", "Llanta", "90/90R17, 100/80R17, 110/70R17", (2400, 4300), (520, 1280)),
            Line("Doble propósito", "Llanta", "110/80R19, 150/70R17", (4100, 7200), (1490, 3650)),
        ),
    },
    "Cámaras y corbatas": {
        "Cámaras": (
            Line("Cámara de automóvil", "Cámara", "R13, R14, R15", (900, 1600), (120, 260), 3, box=(260, 260, 80)),
            Line("Cámara de camión", "Cámara", "R20, R22", (3200, 5400), (380, 790), 3, box=(420, 420, 120)),
        ),
        "Corbatas": (
            Line("Corbata para camión ligero", "Corbata", "R16, R17", (700, 1200), (95, 180), 2, box=(430, 430, 90)),
            Line("Corbata para camión pesado", "Corbata", "R20, R22", (1500, 2600), (170, 340), 2, box=(560, 560, 110)),
        ),
    },
    "Rines": {
        "Rines de línea": (
            Line("Rin de acero", "Rin", "15x6, 16x6.5, 17x7", (8200, 12900), (780, 1690), box=(432, 432, 190)),
            Line("Rin de aluminio", "Rin", "17x7.5, 18x8, 20x9", (9100, 14700), (2650, 6900), box=(508, 508, 230)),
        ),
    },
    "Baterías": {
        "Baterías automotrices": (
            Line("Libre de mantenimiento", "Batería", "C42, C47", (13800, 19900), (1790, 3480), box=(175, 242, 190)),
            Line("Batería AGM", "Batería", "H6, H7, H8", (20500, 26800), (4300, 6990), 2, box=(175, 315, 190)),
        ),
    },
    "Taller": {
        "Consumibles de montaje": (
            Line("Válvulas y pivotes", "Válvula", "TR413, TR414", (18, 95), (6, 48), 3, "bolsa con 50", (60, 90, 25)),
        ),
    },
}  # fmt: skip

# Name -> the three letters that its SKUs start with.
BRANDS = {
    "Águila Roja": "AGR", "Peñasco": "PEN", "Cóndor": "CON", "Sierra Ñandú": "SNA", "Volcán": "VOL",
    "Tarahumara": "TAR", "Kilómetro Cero": "KMC", "Durañón": "DUR", "Pingüino": "PIN", "Baluarte": "BAL",
    "Ocelote": "OCE", "Caña Brava": "CAB",
}  # fmt: skip

MODELS = _words("""
    Ágil, Brío, Cañón, Dúo, Época, Faro, Güera, Halcón, Ímpetu, Jícara, Kayac, Límite, Mañana, Norteño, Óptima,
    Púrpura, Quetzal, Río, Súbita, Tlacuache, Única, Vía, Xóchitl, Zopilote
""")

WAREHOUSES = (
    ("MTY", "Almacén Monterrey", "Monterrey"), ("GDL", "Almacén Guadalajara", "Guadalajara"),
    ("MEX", "Almacén Vallejo", "Ciudad de México"), ("MID", "Almacén Mérida", "Mérida"),
)  # fmt: skip

# City, state, first three digits of the postal code (they keep their leading zero), area code.
CITIES = (
    ("Monterrey", "Nuevo León", "640", "81"), ("Ciudad de México", "Ciudad de México", "067", "55"),
    ("Mérida", "Yucatán", "970", "999"), ("León", "Guanajuato", "370", "477"), ("Querétaro", "Querétaro", "760", "442"),
    ("Cancún", "Quintana Roo", "775", "998"), ("Torreón", "Coahuila", "270", "871"),
    ("Culiacán", "Sinaloa", "800", "667"), ("Mazatlán", "Sinaloa", "820", "669"),
    ("San Luis Potosí", "San Luis Potosí", "782", "444"),
    ("Acuña", "Coahuila", "262", "877"), ("Aguascalientes", "Aguascalientes", "200", "449"),
)  # fmt: skip

STREETS = _words("""
    Av. Constitución, Calz. de los Leones, Blvd. Díaz Ordaz, Calle Peña Pobre, Av. Revolución, Calle Ñuñoa,
    Periférico Sur, Av. Cuauhtémoc, Calle Niños Héroes, Carretera a Saltillo, Calle Agustín Lara, Av. Patria
""")
DISTRICTS = _words("""
    Centro, Obrera, Peñuelas, Jardines del Ángel, Industrial Vallejo, San Ángel, Muñoz, La Cañada
""")

TRADES = _words("""
    Llantera, Servicio Automotriz, Autotransportes, Refaccionaria, Agrícola, Grupo Llantero, Comercializadora,
    Taller Mecánico, Vulcanizadora, Flotillas
""")
TRADE_NAMES = _words("""
    El Ñandú, Peñón Blanco, Los Güeros, San Ángel, La Cigüeña, Hermanos Ibáñez, Del Bajío, Águila Real,
    Tres Marías, El Cañaveral, Montaña, Unión del Sureste, Año Nuevo, Hidalgo, La Española, Río Bravo, Nuevo León,
    Mamá Lucha, Piñón, El Jagüey, Córdoba, Ñoño e Hijos, Constitución, La Línea, Araña, Otomí
""")
LEGAL_FORMS = ("S.A. de C.V.", "S. de R.L. de C.V.", "S.A.P.I. de C.V.", "S.C.")

FIRST_NAMES = _words("""
    María, José, Begoña, Íñigo, Ángel, Sofía, Raúl, Mónica, Óscar, Lucía, Andrés, Verónica, Toño, Inés, Julián,
    Rocío, Hernán, Azucena, Fermín, Ximena, Úrsula, Joaquín, Adrián, Concepción
""")
LAST_NAMES = _words("""
    Núñez, Ibáñez, Muñoz, Peña, Treviño, Garza, López, Hernández, Cárdenas, Zúñiga, Güemes, Ávila, Íñiguez,
    Ordóñez, Saldaña, Villaseñor, Argüelles, Castañeda, Pérez, Márquez, Quiñones, Patiño
""")
JOBS = _words("""
    Compras, Gerente de compras, Jefe de taller, Dueño, Administración, Logística, Tráfico y flotilla
""")
