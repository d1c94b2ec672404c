"""What is for sale in the sample world: titles, condition, provenance, terms. Prices in cents of a dollar or euro."""

from outcry.demo.world import AuctionSale, Ended, FixedSale, Good, Live, Scheduled

MINUTE = 60
HOUR = 3600
DAY = 86_400


def _live(start: int, worth: int, seconds: int, *, step: int | None = None, reserve: int | None = None,
          buy_now: int | None = None, decides: bool = False) -> AuctionSale:  # fmt: skip
    """Terms in whole units of money."""
    return AuctionSale(
        start * 100,
        worth * 100,
        seconds,
        None if step is None else step * 100,
        None if reserve is None else reserve * 100,
        None if buy_now is None else buy_now * 100,
        "seller_decides" if decides else "automatic",
    )


# The order is the order of seeding: the first dozen is what a newcomer sees within seconds.
GOODS: tuple[Good, ...] = (
    Good("mira", "Aurelia II rangefinder with collapsible 50 mm f/2, 1957",
         "One owner until 2019, a ship's doctor in Porto who photographed every harbour. Shutter speeds "
         "timed after a full service in March: "
         "all within a third of a stop, including the slow ones. Rangefinder patch bright and aligned; "
         "light brassing on the top plate, "
         "no dents, glass free of haze and fungus. Comes with its half case and a roll of film to start with.",
         "collectibles", "used", "camera", 2, {"era": "1950s", "maker": "Aurelia", "edition": "Second series"},
         _live(180, 640, 12 * MINUTE, step=10, reserve=350), Live()),
    Good("theo", "Meridian Chronometre, blue sunburst dial, 1969",
         "Manual-wind column-wheel chronograph in a 38 mm steel case, on a new calf strap with its old "
         "buckle. Serviced 2023, "
         "running four seconds fast a day over a week on the wrist. The dial is original and even; the "
         "case has been worn, not polished. "
         "Sold with the service bill and the family letter about how it stopped a train.",
         "fashion", "used", "watch", 2, {"brand": "Meridian", "size": "38 mm", "colour": "Blue"},
         _live(450, 2350, 8 * MINUTE, step=50, reserve=1200), Live()),
    Good("ingrid", "Lounge chair in cognac leather and moulded ash, 1960s",
         "Designed for a shipping office and never put into production; one of about forty. New webbing "
         "under the seat, leather original with the "
         "creases it has earned, buttons all present. The shell has one hairline at the left arm, "
         "stable, shown in the third picture. "
         "It is the most comfortable thing in my shop and I have stopped sitting in it so that I can sell it.",
         "home", "used", "lounge-chair", 1, {"material": "Leather, ash, steel", "dimensions": "84 x 82 x 101 cm"},
         _live(400, 1850, 20 * MINUTE, step=25, buy_now=2600), Live()),
    Good("renzo", "1972 air-cooled coupe, 2.4, matching numbers",
         "Turin car from new, three owners, last thirty years in a dry barn under a wool blanket. Engine "
         "rebuilt in 2021 with every bill in the file; "
         "gearbox untouched and quiet. Paint is one respray in the factory colour, floors and kidney "
         "panels dry. Starts cold on the second turn.",
         "car", "used", "car-coupe", 1,
         {"make": "Brandauer", "model": "2.4 Coupe", "year": 1972, "mileage_km": 118400, "vin": "BRA2400C72T118420",
          "transmission": "manual", "fuel": "petrol"},
         _live(18000, 52000, 45 * MINUTE, step=500, reserve=38000), Live(), fulfilment=("meetup",)),
    Good("otto", "Soneta SP-2 turntable in walnut, new belt and stylus",
         "Belt-drive deck from the last year they were built in Solingen. Bearing cleaned and oiled, new "
         "belt, arm rewired, fresh elliptical stylus "
         "with fewer than ten hours. Speed measured with a strobe disc: steady at both. A few marks on "
         "the plinth, lid clear enough to read through.",
         "electronics", "refurbished", "turntable", 2, {"brand": "Soneta", "model": "SP-2", "storage": "none"},
         _live(90, 430, 5 * MINUTE, step=5), Live()),
    Good("juno", "Ardente Corsa steel road bike, 56 cm, hand-built 1986",
         "Lugged steel from a two-person shop, ridden up every climb within fifty miles and cleaned "
         "after each. Original groupset, new cables, "
         "new tan-wall tyres, saddle moulded to someone who rode more than you. Weighs 9.4 kg with "
         "pedals. Fits riders of 175 to 183 cm.",
         "other", "used", "bicycle", 2, {"brand": "Ardente", "size": "56 cm", "weight_kg": 9.4},
         _live(220, 980, 16 * MINUTE, step=20), Live()),
    Good("yuki", "Structured top-handle bag in bottle-green box calf",
         "Made to order in 1978 and carried to perhaps five dinners. Leather supple and glossy, corners "
         "sharp, turn lock crisp, lining clean but for "
         "a single ink dot under the pocket. Comes with its felt bag, mirror and the maker's card. No "
         "repairs, no recolouring.",
         "fashion", "used", "handbag", 1, {"brand": "Atelier Voss", "size": "32 cm", "colour": "Bottle green"},
         _live(260, 1150, 10 * MINUTE, step=20, reserve=600), Live()),
    Good("ingrid", "Three studio vessels in ash glaze, signed, 1970s",
         "A tall vase, a bottle and a footed bowl from the same kiln, thrown and glazed as a group and "
         "never separated. The glaze breaks to oatmeal at "
         "the shoulders and runs where it should. All three are signed and dated underneath; no chips, "
         "no hairlines, checked under a lamp.",
         "home", "used", "ceramics", 1, {"material": "Stoneware", "dimensions": "Tallest 46 cm"},
         _live(70, 390, 7 * MINUTE, step=5), Live()),
    Good("isla", "Rowan, six-year-old palomino gelding by Northmoor Gold",
         "Bred here and started quietly at four. Three straight paces, jumps a metre without looking at "
         "it, hacks alone and in company, and stands like a "
         "gentleman for the farrier. X-rays from April and a full vet file for the buyer. He wants an "
         "amateur who likes mornings.",
         "horse", "used", "horse-mist", 1,
         {"breed": "Warmblood cross", "sex": "gelding", "birth_year": 2019, "height_cm": 164, "discipline": "Eventing"},
         _live(4200, 11800, 55 * MINUTE, step=100, reserve=8000, decides=True), Live(), fulfilment=("meetup",)),
    Good("theo", "Nocturne in Blue, first pressing, sleeve and inner near mint",
         "The Vera Lindquist Quartet's only studio record, 500 copies, and this is matrix A1/B1 in the "
         "sleeve that was withdrawn for its colour. "
         "Played twice, once to make sure. One soft corner, no ring wear, vinyl without a mark under a raking light.",
         "collectibles", "used", "record", 2, {"era": "1963", "maker": "Vera Lindquist Quartet",
          "edition": "First pressing"},
         _live(35, 260, 4 * MINUTE, step=5), Live()),
    Good("mira", "Halcyon 22 portable typewriter in post-office red",
         "Every key strikes true and the bell still startles the cat. New ribbon, new feet, platen "
         "re-covered so that it grips again. "
         "The paint has two chips on the paper table and is otherwise the red you remember. In its case, with the key.",
         "collectibles", "refurbished", "typewriter", 1, {"era": "1962", "maker": "Halcyon", "edition": "Model 22"},
         _live(60, 310, 14 * MINUTE, step=5), Live()),
    Good("otto", "Halden two-way loudspeakers, matched pair, walnut",
         "Consecutive serial numbers. Surrounds replaced with the correct rubber, crossovers measured "
         "and two capacitors renewed, drivers original. "
         "Veneer oiled, one small bruise at the back of the right cabinet. They do voices better than "
         "anything at three times the money.",
         "electronics", "refurbished", "loudspeakers", 2, {"brand": "Halden", "model": "Monitor 4", "storage": "none"},
         _live(140, 620, 9 * MINUTE, step=10), Live()),
    Good("isla", "Larkfield Cottage: two bedrooms, stone, an acre of garden",
         "At the end of a lane that the map calls a track. Slate roof redone in 2018, oak windows, a "
         "range that heats the water, broadband that works. "
         "Two bedrooms under the dormers, a study, a kitchen for eight. The garden has been opened for "
         "charity every June since 1994.",
         "real-estate", "used", "cottage", 1, {"type": "house", "area_m2": 118, "rooms": 5, "year_built": 1846},
         _live(160000, 268000, 3 * HOUR, step=2000, reserve=240000, decides=True), Live(), fulfilment=("meetup",)),
    Good("yuki", "Trailhead '84 runners, deadstock, navy and yellow, EU 43",
         "From the back room of a sports shop that closed in 1991: never worn, laces as tied at the "
         "factory, tissue still inside. "
         "Midsoles are firm and have not crumbled, which is why these are for wearing on Sundays only. "
         "Box present, one corner taped.",
         "fashion", "new", "sneaker", 1, {"brand": "Trailhead", "size": "EU 43", "colour": "Navy and yellow"},
         _live(40, 290, 3 * MINUTE, step=5), Live()),
    Good("juno", "Aldane dreadnought acoustic, sunburst spruce, 1979",
         "Solid spruce top, mahogany back and sides, played weekly for forty years by a school music "
         "teacher. Neck straight, frets dressed in May, "
         "action 2.2 mm at the twelfth. One repaired crack by the pickguard, invisible from a chair away "
         "and stable since 1996. Hard case.",
         "other", "used", "guitar", 1, {"brand": "Aldane", "model": "D-20", "year": 1979},
         _live(200, 880, 18 * MINUTE, step=20, buy_now=1500), Live()),
    Good("ingrid", "Mushroom table lamp in opal glass, 1972",
         "Blown in one piece, shade and foot, and rewired with cloth flex to today's rules. It does not "
         "light a room; it forgives one. "
         "A tiny bubble near the rim from the making, no chips. Height 38 cm.",
         "home", "refurbished", "lamp", 1, {"material": "Opal glass", "dimensions": "38 x 42 cm"},
         _live(50, 340, 6 * MINUTE, step=5), Live()),
    Good("renzo", "1966 roadster in ivory, five-speed, hood and tonneau",
         "The two-litre with the rare five-speed box. Restored to drive between 2015 and 2018, 9,000 km "
         "since, all of them with the hood down. "
         "Ivory over saddle leather, wires true, chrome very good. Small stone chips at the nose; the "
         "file is as thick as a phone book.",
         "car", "used", "car-roadster", 3,
         {"make": "Valmarana", "model": "Duetto 2000", "year": 1966, "mileage_km": 74150,
          "vin": "VAL2000D66R007415", "transmission": "manual", "fuel": "petrol"},
         _live(14000, 33500, 35 * MINUTE, step=250, reserve=26000), Live(), fulfilment=("meetup",)),
    Good("theo", "Seven coins of the Old Republic, with tickets, 1861 to 1897",
         "Two gold, three silver, two bronze: the type set most people stop one short of. Grades from "
         "very fine to about uncirculated, none cleaned. "
         "Old dealer's tickets with each, and a provenance that runs back to a 1934 sale in Basel.",
         "collectibles", "used", "coins", 1, {"era": "1861-1897", "maker": "Republic mint",
          "edition": "Type set of seven"},
         _live(300, 1280, 22 * MINUTE, step=25), Live()),
    Good("otto", "Kestrel Six analogue synthesiser, serviced, wood cheeks",
         "Six voices, real oscillators, a filter that growls when asked. Recapped power supply, keybed "
         "rebuilt with new bushings, every slider cleaned. "
         "Holds tune from cold within ten minutes. Cosmetically a seven; sonically, listen to the clip I "
         "will gladly send.",
         "electronics", "refurbished", "synthesiser", 1, {"brand": "Kestrel", "model": "Six", "storage": "64 patches"},
         _live(350, 1640, 13 * MINUTE, step=25, reserve=900), Live()),
    Good("juno", "Hand-shaped 9'2\" longboard, single fin, resin tint",
         "Shaped in 2014 by a friend who has since stopped, which is a pity. Volan patch, cedar "
         "stringer, pulls into small waves as if it knew them. "
         "Two pressure dings on the deck, both sealed; no delamination, watertight.",
         "other", "used", "surfboard", 1, {"brand": "Own make", "size": "9'2\"", "year": 2014},
         _live(120, 560, 11 * MINUTE, step=10), Live()),
    Good("yuki", "Tortoiseshell acetate sunglasses, hand-polished, green lenses",
         "Cut from a single block and polished for three days, as the stamp inside will tell you. New "
         "mineral-glass lenses, five-barrel hinges tight. "
         "Worn one summer on one island. In the leather case.",
         "fashion", "used", "sunglasses", 1, {"brand": "Corsaro", "size": "49-21", "colour": "Tortoiseshell"},
         _live(30, 210, 4 * MINUTE + 30, step=5), Live()),
    Good("mira", "Brass refractor on walnut tripod, 76 mm, circa 1905",
         "Made for a lighthouse and used to look the other way. Objective clean and collimated: Saturn's "
         "rings are plain, Jupiter gives up two belts. "
         "Lacquer original with honest wear, tripod sound, three eyepieces in their screw boxes.",
         "other", "used", "telescope", 1, {"maker": "J. Hartwell", "aperture_mm": 76, "year": 1905},
         _live(400, 1720, 28 * MINUTE, step=25, reserve=950), Live()),
    Good("ingrid", "Coast at Evening, oil on canvas, gilt frame, circa 1910",
         "Signed lower right, illegibly, and better than its signature. Painted quickly and outdoors: "
         "there is sand in the sky. "
         "Relined once, cleaned last year, no overpaint under UV. Canvas 54 x 77 cm, frame of the period "
         "with two small losses.",
         "home", "used", "painting", 1, {"material": "Oil on canvas", "dimensions": "54 x 77 cm"},
         _live(240, 1460, 24 * MINUTE, step=20), Live()),
    Good("theo", "Meridian dress chronograph, gilt case, ivory dial",
         "The quieter sister of the blue one: gilt 36 mm case with crisp lugs, ivory dial, leaf hands. "
         "Keeps good time, chronograph resets to zero, "
         "crystal replaced. Gilding worn through at one lug tip, as it should be after fifty years of cuffs.",
         "fashion", "used", "watch", 1, {"brand": "Meridian", "size": "36 mm", "colour": "Ivory"},
         _live(180, 940, 15 * MINUTE + 30, step=20), Live()),
    Good("renzo", "1978 off-roader, long wheelbase, roof rack, galvanised chassis",
         "Farm, forestry, then me. Chassis replaced with galvanised in 2019, engine pulls cleanly, "
         "transfer box silent for once. Straight panels with a working "
         "life written on them. Comes with the rack, the bedroll and a list of roads it knows.",
         "car", "used", "car-offroader", 3,
         {"make": "Highland", "model": "109 Station", "year": 1978, "mileage_km": 203900,
          "vin": "HGL109S78L2039001", "transmission": "manual", "fuel": "diesel"},
         _live(5500, 16800, 40 * MINUTE, step=100), Live(), fulfilment=("meetup",)),
    Good("otto", "Open-back studio headphones, bone white, new pads",
         "The 300-ohm version, matched drivers, with the balanced cable and the ordinary one. New "
         "leather pads and headband by the maker last winter. "
         "Tiny wear on the left yoke. They make tired recordings sound less tired.",
         "electronics", "used", "headphones", 1, {"brand": "Lindgren", "model": "HD-300", "storage": "none"},
         _live(60, 330, 5 * MINUTE + 30, step=5), Live()),
    Good("juno", "K 47 pond yacht, plank on frame, full sail set",
         "Built over two winters by a retired boatyard foreman, raced on Sundays, never rammed. Cedar on "
         "oak, bronze fittings he cast himself, "
         "two suits of sails. Sails herself on a beam reach with the vane set. Stand included; 118 cm over the deck.",
         "other", "used", "model-yacht", 2, {"maker": "R. Petersen", "length_cm": 118, "year": 1971},
         _live(90, 470, 9 * MINUTE + 30, step=10), Scheduled(6 * MINUTE)),
    Good("yuki", "Trailhead Court lows, bone and forest, EU 39, worn twice",
         "Too small, sadly. Full-grain leather, gum sole clean, spare laces unopened. Photographed in "
         "daylight; what you see is the colour.",
         "fashion", "used", "sneaker", 5, {"brand": "Trailhead", "size": "EU 39", "colour": "Bone and forest"},
         _live(20, 130, 6 * MINUTE, step=5), Scheduled(12 * MINUTE)),
    Good("isla", "Glass villa above the bay, pool, three terraces",
         "Concrete, cedar and a great deal of sky. Four bedrooms on the upper deck, one long room below "
         "that opens to the water. "
         "Built 2016 by its architect for himself; heat pump, cistern, solar on the flat roof. Viewing "
         "by appointment before the sale.",
         "real-estate", "used", "villa", 2, {"type": "villa", "area_m2": 312, "rooms": 8, "year_built": 2016},

         _live(620000, 940000, 2 * DAY, step=5000, reserve=880000, decides=True), Scheduled(5 * HOUR),
         fulfilment=("meetup",)),
    Good("isla", "Corvina, Friesian mare, schooled to Prix St Georges",
         "Ten years old, kind, black to the last hair. Confirmed changes, a canter you could write on, "
         "competed regionally with scores in the high sixties. "
         "For sale only because her rider has gone to medical school. Trial by appointment, vetting welcome.",
         "horse", "used", "horse-dusk", 2,
         {"breed": "Friesian", "sex": "mare", "birth_year": 2015, "height_cm": 163, "discipline": "Dressage"},

         _live(9000, 21500, 1 * DAY, step=250, reserve=16000, decides=True), Scheduled(45 * MINUTE),
         fulfilment=("meetup",)),
    Good("mira", "The Last Lot, original film poster, linen-backed, 1961",
         "First-release sheet, not a reprint: the printer's line and the tax stamp are there. "
         "Professionally linen-backed, two fold lines still faintly visible, "
         "colours as loud as the day it was pasted. Framed behind museum glass; ships with or without the frame.",
         "collectibles", "used", "poster", 1, {"era": "1961", "maker": "Stabilimento Grafico Riva",
          "edition": "First release"},

         _live(90, 520, 4, step=10, decides=True), Ended((("sam", 9000), ("priya", 16000), ("lea", 24000),
         ("priya", 31000), ("lea", 38000)))),
    Good("renzo", "1985 estate, brick red, one family, 214,000 km",
         "School runs, skis, dogs, a piano once. Full history from the same garage, new suspension "
         "bushes, tow bar. Rust-free except for one patch on the tailgate "
         "that we left alone so that you can see how little there is.",
         "car", "used", "car-estate", 1,
         {"make": "Norrland", "model": "245 GL", "year": 1985, "mileage_km": 214300, "vin": "NRD245GL85E214300",
          "transmission": "automatic", "fuel": "petrol"},
         _live(1800, 5200, 4, step=100, reserve=4200),
         Ended((("bruno", 180000), ("tomas", 260000), ("nadia", 330000), ("tomas", 430000))), fulfilment=("meetup",)),
    Good("ingrid", "Hand-knotted village rug, madder and indigo, circa 1930",
         "Wool on wool, natural dyes that have softened to brick and midnight. Pile even and low, sides "
         "rebound once, one old repair the size of a stamp in the border. "
         "Washed by hand in spring. 128 x 86 cm.",
         "home", "used", "rug", 1, {"material": "Wool", "dimensions": "128 x 86 cm"},
         _live(150, 700, 4, step=10, reserve=480), Ended((("hana", 15000), ("viktor", 21000), ("hana", 26000)))),
    Good("theo", "Library globe with brass meridian, 1928",
         "Twelve-inch globe on a turned walnut foot, with the steamer routes and two countries that no "
         "longer exist. Papers toned, one old scuff in the South Pacific, "
         "otherwise sound. Spins true.",
         "collectibles", "used", "globe", 1, {"era": "1928", "maker": "Falk & Sons", "edition": "Twelve inch"},
         _live(380, 520, 3, step=10), Ended(())),
    Good("juno", "Weighted chess set in boxwood and ebony, club size",
         "King 95 mm, triple weighted, felts renewed. The white queen's bishop has been to three "
         "national finals and shows it. In the original sliding box.",
         "other", "used", "chess", 1, {"material": "Boxwood, ebony", "king_mm": 95},
         _live(45, 240, 4, step=5), Ended((("viktor", 4500), ("sam", 8000), ("bruno", 11500), ("alex", 14000)))),
    Good("isla", "Corner loft in the Old Foundry, third floor, south light",
         "Steel windows on two sides, brick walls, five metres to the ceiling and a lift that takes a "
         "piano. 94 square metres with one bedroom made of glass. "
         "Service charge low, neighbours quiet, bakery downstairs.",
         "real-estate", "used", "loft", 1, {"type": "apartment", "area_m2": 94, "rooms": 2, "year_built": 1911},
         _live(180000, 265000, 4, step=2000, decides=True),
         Ended((("priya", 18_000_000), ("nadia", 20_500_000), ("priya", 22_400_000))), fulfilment=("meetup",)),
    Good("otto", "Pocket telephone, 256 GB, slate, boxed",
         "Bought for work and replaced by others for work: three of the same. Batteries at 96 percent, screens "
         "without a scratch, always in their cases. Reset and unlocked; box, cable, receipt.",
         "electronics", "used", "telephone", 1, {"brand": "Orrery", "model": "Eight",
          "storage": "256 GB"}, FixedSale(41_900, 3)),
    Good("mira", "Brava lever espresso machine, rebuilt, with grinder advice",
         "A spring lever from a bar in Alfama, stripped to the frame and rebuilt: new seals, gasket, "
         "heating element and wiring. "
         "Pulls the shot your kitchen has been missing. Two baskets, tamper, an afternoon of telephone support.",
         "home", "refurbished", "espresso", 3, {"material": "Chromed brass, steel",
          "dimensions": "34 x 42 x 60 cm"}, FixedSale(68_000, 12)),
)  # fmt: skip
