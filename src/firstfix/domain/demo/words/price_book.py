"""The price book: tasks, items, hourly rates and taxes. Pounds without VAT."""

from msgspec import Struct


class TaskPrice(Struct, frozen=True):
    """A task: its name, what it includes, minutes, cost and price."""

    name: str
    description: str
    minutes: int
    cost: str
    price: str


class ItemPrice(Struct, frozen=True):
    """A part: its name, part number, cost and price."""

    name: str
    part_number: str
    cost: str
    price: str


class Rate(Struct, frozen=True):
    """What an hour costs and is charged at."""

    name: str
    cost: str
    rate: str


TASKS = (
    TaskPrice("Annual boiler service", "Service to the maker's instructions", 60, "32.00", "90.00"),
    TaskPrice("Landlord gas safety record", "Up to three appliances", 45, "28.00", "84.00"),
    TaskPrice("Boiler fault finding", "First hour on site", 60, "32.00", "95.00"),
    TaskPrice("Power flush", "Up to eight radiators", 240, "160.00", "480.00"),
    TaskPrice("Replace radiator", "Like for like, existing pipework", 120, "62.00", "160.00"),
    TaskPrice("Balance heating system", "All radiators, with readings", 90, "40.00", "115.00"),
    TaskPrice("Fit carbon monoxide alarm", "Seven-year sealed battery", 30, "14.00", "38.00"),
    TaskPrice("Gas tightness test", "With record", 30, "16.00", "45.00"),
    TaskPrice("Clear blocked toilet", "By hand or plunger", 60, "26.00", "90.00"),
    TaskPrice("Drain jetting", "Up to 20 m", 90, "70.00", "185.00"),
    TaskPrice("Replace tap", "Pair or mixer", 60, "26.00", "85.00"),
    TaskPrice("Repair leak", "Accessible pipe up to 22 mm", 60, "26.00", "95.00"),
    TaskPrice("Replace toilet", "Close coupled, existing soil connection", 150, "80.00", "210.00"),
    TaskPrice("Reseal bath or shower", "Rake out, dry and seal", 60, "22.00", "75.00"),
    TaskPrice("Flush little-used outlets", "Weekly legionella control", 30, "12.00", "35.00"),
    TaskPrice("TMV service", "Each valve, with temperatures", 30, "14.00", "42.00"),
    TaskPrice("Electrical fault finding", "First hour on site", 60, "30.00", "95.00"),
    TaskPrice("Electrical installation condition report", "Up to ten circuits", 180, "75.00", "190.00"),
    TaskPrice("Replace consumer unit", "Ten ways, with certificate", 240, "210.00", "520.00"),
    TaskPrice("Replace socket or switch", "Like for like", 30, "14.00", "48.00"),
    TaskPrice("Replace light fitting", "Supplied fitting", 45, "18.00", "65.00"),
    TaskPrice("Fit extractor fan", "Through the wall, with spur", 90, "55.00", "150.00"),
    TaskPrice("Portable appliance testing", "Up to thirty items", 120, "35.00", "95.00"),
    TaskPrice("Emergency lighting test", "Three-hour discharge, with log", 60, "36.00", "110.00"),
    TaskPrice("Change lock cylinder", "With five keys", 45, "24.00", "78.00"),
    TaskPrice("Ease and adjust door", "Plane, rehang, adjust keep", 45, "18.00", "60.00"),
    TaskPrice("Hang fire door", "FD30 with strips and closer", 150, "130.00", "320.00"),
    TaskPrice("Fit handrail", "Up to 3 m", 60, "34.00", "105.00"),
    TaskPrice("Repair flooring", "Up to 2 m²", 120, "48.00", "140.00"),
    TaskPrice("Clear gutters", "Semi-detached, two storeys", 60, "25.00", "85.00"),
    TaskPrice("Replace slipped tiles", "Up to five, from a ladder", 90, "45.00", "130.00"),
    TaskPrice("Roof inspection", "With photographs", 90, "50.00", "150.00"),
    TaskPrice("Board up opening", "Up to 2 m²", 60, "35.00", "120.00"),
    TaskPrice("Fit sealed unit", "Measured and ordered before", 60, "60.00", "140.00"),
    TaskPrice("Mould wash and treat", "Up to 5 m²", 90, "38.00", "130.00"),
    TaskPrice("Damp survey", "Readings and photographs", 60, "30.00", "85.00"),
    TaskPrice("Patch plaster", "Up to 1 m²", 90, "35.00", "110.00"),
    TaskPrice("Redecorate room", "Walls and ceiling, two coats", 480, "210.00", "560.00"),
    TaskPrice("Fire alarm service", "Half-yearly, up to forty heads", 120, "60.00", "180.00"),
    TaskPrice("Fire door inspection", "Each door, with photographs", 15, "6.00", "15.00"),
    TaskPrice("Grass cutting", "Up to 500 m²", 90, "30.00", "95.00"),
    TaskPrice("Void inspection", "Photographs, meters, list of works", 90, "35.00", "110.00"),
)
ITEMS = (
    ItemPrice("Combination boiler 30 kW", "BLR-C30", "780.00", "1150.00"),
    ItemPrice("Boiler printed circuit board", "BLR-PCB-02", "118.00", "175.00"),
    ItemPrice("Diverter valve", "BLR-DV-11", "64.00", "98.00"),
    ItemPrice("Expansion vessel 8 l", "BLR-EV-08", "38.00", "62.00"),
    ItemPrice("Pressure relief valve 3 bar", "BLR-PRV-3", "14.50", "24.00"),
    ItemPrice("Fan assembly", "BLR-FAN-05", "96.00", "148.00"),
    ItemPrice("Circulating pump 15-60", "PMP-1560", "72.00", "115.00"),
    ItemPrice("Motorised valve 22 mm", "MVL-22", "48.00", "79.00"),
    ItemPrice("Programmable room thermostat", "THM-PRG", "44.00", "78.00"),
    ItemPrice("Thermostatic radiator valve 15 mm", "TRV-15", "9.80", "18.50"),
    ItemPrice("Radiator 600 × 1000 double panel", "RAD-600-1000", "74.00", "118.00"),
    ItemPrice("Inhibitor 1 l", "CHM-INH-1", "11.20", "19.50"),
    ItemPrice("Magnetic filter 22 mm", "FLT-MAG-22", "62.00", "98.00"),
    ItemPrice("Flue kit 60/100", "FLU-60100", "42.00", "68.00"),
    ItemPrice("Carbon monoxide alarm", "ALM-CO-7", "13.40", "24.00"),
    ItemPrice("Copper tube 15 mm, 3 m", "TUB-15-3", "11.60", "17.50"),
    ItemPrice("Copper tube 22 mm, 3 m", "TUB-22-3", "22.40", "33.00"),
    ItemPrice("Push-fit elbow 15 mm", "PFE-15", "1.35", "2.90"),
    ItemPrice("Isolating valve 15 mm", "ISO-15", "1.80", "3.90"),
    ItemPrice("Kitchen mixer tap", "TAP-KM-01", "38.00", "64.00"),
    ItemPrice("Basin taps, pair", "TAP-BP-01", "18.50", "32.00"),
    ItemPrice("Bath filler tap", "TAP-BF-01", "34.00", "58.00"),
    ItemPrice("Toilet flush valve", "WC-FLV-2", "12.60", "24.00"),
    ItemPrice("Toilet fill valve", "WC-FIL-1", "9.20", "18.00"),
    ItemPrice("Toilet seat, soft close", "WC-SEAT-S", "17.00", "32.00"),
    ItemPrice("Close coupled toilet", "WC-CC-01", "96.00", "154.00"),
    ItemPrice("Basin trap 32 mm", "TRP-32", "2.60", "5.50"),
    ItemPrice("Thermostatic mixing valve 15 mm", "TMV-15", "36.00", "58.00"),
    ItemPrice("Thermostatic bar shower", "SHW-BAR-1", "68.00", "112.00"),
    ItemPrice("Electric shower 8.5 kW", "SHW-E85", "88.00", "142.00"),
    ItemPrice("Sanitary silicone, white", "SIL-WH", "4.10", "8.50"),
    ItemPrice("Consumer unit, ten ways", "CU-10-RCBO", "138.00", "215.00"),
    ItemPrice("RCBO 32 A", "RCBO-32B", "18.20", "32.00"),
    ItemPrice("Surge protection device", "SPD-T2", "34.00", "56.00"),
    ItemPrice("Double socket, white", "SKT-2G", "3.40", "8.00"),
    ItemPrice("Light switch, one gang", "SWT-1G", "1.90", "5.50"),
    ItemPrice("Cooker switch 45 A", "SWT-CK45", "8.80", "17.00"),
    ItemPrice("LED panel 600 × 600", "LED-6060", "24.00", "44.00"),
    ItemPrice("LED bulkhead, emergency", "LED-BHE", "31.00", "55.00"),
    ItemPrice("LED lamp B22 9 W", "LMP-B22-9", "1.60", "4.50"),
    ItemPrice("Extractor fan 100 mm, humidistat", "FAN-100H", "42.00", "72.00"),
    ItemPrice("Immersion heater 27 inch", "IMM-27", "19.50", "36.00"),
    ItemPrice("Cable 2.5 mm², 10 m", "CAB-25-10", "9.90", "18.00"),
    ItemPrice("Smoke alarm, mains, linked", "ALM-SM-D1", "27.00", "46.00"),
    ItemPrice("Heat alarm, mains, linked", "ALM-HT-D1", "29.00", "49.00"),
    ItemPrice("Emergency light battery", "EML-BAT", "12.00", "22.00"),
    ItemPrice("Fire extinguisher 6 l foam", "EXT-F6", "31.00", "54.00"),
    ItemPrice("Overhead door closer, size 2–4", "DCL-24", "26.00", "48.00"),
    ItemPrice("Intumescent strip 2.1 m", "INT-21", "4.20", "9.00"),
    ItemPrice("Euro cylinder 35/35, five keys", "CYL-3535", "14.80", "29.00"),
    ItemPrice("Mortice deadlock", "LCK-MD5", "22.00", "39.00"),
    ItemPrice("Lever handles on rose", "HDL-LR", "9.60", "19.00"),
    ItemPrice("Butt hinge 100 mm, pair", "HNG-100", "4.40", "9.50"),
    ItemPrice("Friction stay 12 inch, pair", "FRS-12", "7.80", "16.00"),
    ItemPrice("Window handle, locking", "WHD-L", "4.20", "10.50"),
    ItemPrice("Sealed unit, per m²", "SGU-M2", "46.00", "84.00"),
    ItemPrice("Plywood 18 mm sheet", "PLY-18", "34.00", "52.00"),
    ItemPrice("Plasterboard 12.5 mm sheet", "PLB-125", "8.40", "14.50"),
    ItemPrice("Multi-finish plaster 25 kg", "PLS-MF25", "9.10", "15.50"),
    ItemPrice("Anti-mould paint 2.5 l", "PNT-AM25", "18.50", "32.00"),
    ItemPrice("Matt emulsion, white, 10 l", "PNT-MW10", "24.00", "41.00"),
    ItemPrice("Fungicidal wash 5 l", "CHM-FW5", "12.00", "21.00"),
    ItemPrice("Gutter length 4 m, black", "GUT-4B", "9.20", "16.00"),
    ItemPrice("Clay pantile, reclaimed", "TIL-PAN", "2.10", "4.80"),
    ItemPrice("Lead flashing, per kg", "LED-KG", "3.80", "6.20"),
)
RATES = (
    Rate("Standard hour", "22.00", "48.00"),
    Rate("Gas engineer", "27.50", "58.00"),
    Rate("Electrician", "26.00", "55.00"),
    Rate("Apprentice", "12.50", "24.00"),
    Rate("Out of hours", "36.00", "85.00"),
    Rate("Travel", "14.00", "28.00"),
)
TAXES = (("Standard", "VAT", "20"), ("Reduced", "VAT", "5"), ("Zero", "VAT", "0"))
"""Name, group and percent."""
