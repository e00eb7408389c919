"""Towns, streets, and whose the buildings are. The second half of each postcode is one that is never given out."""

from msgspec import Struct


class Town(Struct, frozen=True):
    """A town with its centre in degrees, and postcode districts of its own."""

    name: str
    region: str
    districts: tuple[str, ...]
    latitude: float
    longitude: float


TOWNS = {
    "Leeds": (
        Town("Leeds", "West Yorkshire", ("LS6", "LS7", "LS8", "LS11", "LS12"), 53.7997, -1.5492),
        Town("Bradford", "West Yorkshire", ("BD3", "BD5", "BD8", "BD9"), 53.7950, -1.7594),
        Town("Wakefield", "West Yorkshire", ("WF1", "WF2"), 53.6833, -1.4977),
    ),
    "York": (
        Town("York", "North Yorkshire", ("YO10", "YO24", "YO26", "YO31"), 53.9600, -1.0873),
        Town("Harrogate", "North Yorkshire", ("HG1", "HG2"), 53.9921, -1.5418),
        Town("Selby", "North Yorkshire", ("YO8",), 53.7837, -1.0671),
    ),
    "Bristol": (
        Town("Bristol", "Bristol", ("BS3", "BS5", "BS7", "BS16"), 51.4545, -2.5879),
        Town("Bath", "Somerset", ("BA1", "BA2"), 51.3811, -2.3590),
    ),
    "Cardiff": (
        Town("Cardiff", "Cardiff", ("CF5", "CF11", "CF14", "CF24"), 51.4816, -3.1791),
        Town("Newport", "Newport", ("NP19", "NP20"), 51.5842, -2.9977),
    ),
}
"""Towns that a branch works in, by the branch's name; most of the work is in the first."""

UNUSED_POSTCODE_LETTERS = "CIKMOV"
"""Letters that the second half of a postcode never has, so that no address of ours is somebody's."""

STREETS = (
    *("Albert Road", "Albion Street", "Alma Terrace", "Ash Grove", "Back Lane", "Bankfield Road", "Beech Avenue"),
    *("Belmont Road", "Birch Close", "Bridge Street", "Broomfield Crescent", "Burnside", "Cambridge Street"),
    *("Carr Lane", "Castle Street", "Cedar Drive", "Chapel Street", "Cherry Tree Walk", "Church Lane", "Clarence Road"),
    *("Clifton Terrace", "Coronation Avenue", "Cross Street", "Derwent Drive", "Duke Street", "East View", "Elm Road"),
    *("Fairfield Avenue", "Farndale Close", "Field End", "Garden Street", "George Street", "Gladstone Terrace"),
    *("Grange Road", "Green Lane", "Grosvenor Road", "Harcourt Place", "Hawthorn Drive", "Hazel Close", "Heath Rise"),
    *("High Street", "Highfield Road", "Hill Top", "Holly Bank", "Jubilee Street", "King Street", "Kingsway"),
    *("Laburnum Grove", "Lime Tree Avenue", "Lodge Lane", "Low Road", "Manor Road", "Maple Court", "Market Street"),
    *("Mayfield Road", "Meadow Walk", "Mill Lane", "Mount Pleasant", "New Road", "North Parade", "Oak Avenue"),
    *("Orchard Way", "Oxford Street", "Park Lane", "Park View", "Poplar Drive", "Princes Road", "Priory Close"),
    *("Queen Street", "Queensway", "Railway Terrace", "Regent Street", "Ridge Road", "Rose Avenue", "Rowan Close"),
    *("School Lane", "South Parade", "Spring Bank", "Springfield Road", "St Mary's Road", "Stanley Street"),
    *("Station Road", "Stoney Lane", "Sunny Bank", "Sycamore Avenue", "The Crescent", "Thornhill Road", "Union Street"),
    *("Valley Road", "Vicarage Lane", "Victoria Road", "Wellington Street", "West Avenue", "Westfield Road"),
    *("Whitehall Road", "Willow Drive", "Windsor Road", "Wood Lane", "Woodside Avenue", "York Street"),
)
BLOCKS = (
    *("Albion Court", "Bramble House", "Canal Wharf", "Chandler House", "Cobbler's Yard", "Foundry Court"),
    *(
        "Gresham House",
        "Harewood Court",
        "Kestrel House",
        "Lister Point",
        "Lockside",
        "Merchant House",
        "Millrace Court",
    ),
    *("Navigation House", "Oakwood Court", "Osprey House", "Paddock Court", "Saddlers Court", "Sandpiper House"),
    *("Sherwood House", "Tannery Court", "Weavers Court", "Wharfside", "Woolpack House"),
)


class CustomerName(Struct, frozen=True):
    """Who the work is billed to.

    Args:
        name: The firm's, the school's, the charity's.
        kind: What its locations are: `home`, `school`, `care home` or `office`.
        size: How many locations it has beside others: a housing association more than a school.
    """

    name: str
    kind: str
    size: int


LARKFIELD_CUSTOMERS = (
    CustomerName("Calderbrook Homes", "home", 30),
    CustomerName("Three Bridges Housing Association", "home", 26),
    CustomerName("Northfold Living", "home", 18),
    CustomerName("Saltmill Housing Trust", "home", 14),
    CustomerName("Beacon & Vale Lettings", "home", 12),
    CustomerName("Kingsley Hart Lettings", "home", 10),
    CustomerName("Doorstep Residential", "home", 9),
    CustomerName("Harding & Pryce Estate Agents", "home", 8),
    CustomerName("Ivy Gate Property Management", "home", 8),
    CustomerName("Lantern Student Homes", "home", 7),
    CustomerName("Brightside Almshouse Charity", "home", 5),
    CustomerName("Cobden Block Management", "home", 6),
    CustomerName("Hollybank Primary School", "school", 2),
    CustomerName("St Oswin's Catholic Primary School", "school", 2),
    CustomerName("Moorcroft Academy", "school", 3),
    CustomerName("Riverside Nursery", "school", 1),
    CustomerName("Elmhurst Care Home", "care home", 2),
    CustomerName("Fernlea Nursing Home", "care home", 2),
    CustomerName("Meadowcare Group", "care home", 4),
    CustomerName("Aspinall & Rowe Solicitors", "office", 1),
    CustomerName("The Old Dye Works", "office", 3),
    CustomerName("Corner House Dental Practice", "office", 1),
    CustomerName("Parish of St Hilda", "office", 2),
    CustomerName("Whitcombe Community Centre", "office", 1),
    CustomerName("Penrose Veterinary Surgery", "office", 1),
)
TIDEWATER_CUSTOMERS = (
    CustomerName("Avonmead Homes", "home", 7),
    CustomerName("Portway Living", "home", 5),
    CustomerName("Gorse Hill Lettings", "home", 5),
    CustomerName("Estuary Student Lets", "home", 3),
    CustomerName("St Brannock's Primary School", "school", 1),
    CustomerName("Llanerch Care Home", "care home", 1),
    CustomerName("Channel View Offices", "office", 2),
    CustomerName("Bright & Bevan Opticians", "office", 1),
)

ROOMS = {
    "home": (
        *("kitchen", "bathroom", "hallway", "living room", "main bedroom", "back bedroom", "box room", "landing"),
        *("downstairs toilet", "utility room", "dining room", "loft room"),
    ),
    "school": (
        *("staff room", "main hall", "reception classroom", "Year 2 classroom", "Year 6 classroom", "library"),
        *("boys' toilets", "girls' toilets", "school kitchen", "science block", "PE changing room", "front office"),
    ),
    "care home": (
        *("residents' lounge", "dining room", "room 4", "room 11", "room 17", "ground floor bathroom", "laundry"),
        *("staff room", "first floor corridor", "assisted bathroom", "kitchen", "treatment room"),
    ),
    "office": (
        *("reception", "meeting room", "first floor office", "staff kitchen", "ladies' toilets", "gents' toilets"),
        *("store room", "rear stairwell", "server cupboard", "consulting room", "main hall", "entrance lobby"),
    ),
}
WET_ROOMS = {
    "home": ("kitchen", "bathroom", "utility room", "downstairs toilet", "shower room", "en suite"),
    "school": ("boys' toilets", "girls' toilets", "staff kitchen", "school kitchen", "PE changing room"),
    "care home": ("assisted bathroom", "ground floor bathroom", "laundry", "kitchen", "sluice room"),
    "office": ("staff kitchen", "ladies' toilets", "gents' toilets", "accessible toilet"),
}
SIDES = (
    *("front entrance", "rear garden", "side gate", "bin store", "car park", "rear steps", "footpath", "boundary wall"),
    *("bicycle shelter", "front garden"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
PARTS_OF_DAY = ("in the morning", "around midday", "in the evening", "overnight", "at the weekend")
