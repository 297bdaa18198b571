"""What musicians call sounds besides their names: makers, players, pieces, places, slang.

A general sentence encoder knows that a Guarneri is near a violin only if it is told so. Phrases
belong to General MIDI programs that are typical of them, not to whole families: who asks for
"Paganini" does not want a harp. The words by which ``benchmarks/likeness.py`` tests the
encoder are in none of them; a test holds to that.
"""

from __future__ import annotations

LEXICON: tuple[tuple[tuple[int, ...], str], ...] = (
    (
        (0, 1, 2),
        "Bösendorfer Imperial|Bechstein|Blüthner|Fazioli|Kawai concert grand|Baldwin|Horowitz|"
        "Glenn Gould|Rachmaninoff concerto|Beethoven sonata|Debussy prelude|Liszt étude|Erik Satie|"
        "Bill Evans|Oscar Peterson|pianist at the keyboard|hammers on strings|"
        "grand with the lid open|soundboard and pedals|clavier",
    ),
    ((3,), "western saloon|Scott Joplin rag|out of tune old upright|pub singalong|player roll"),
    (
        (4, 5),
        "tine keys|Mark I suitcase|Herbie Hancock seventies|Yamaha DX7|FM ballad keys|"
        "neo soul chords|fusion keyboard|electric stage keys|Supertramp",
    ),
    ((6,), "Scarlatti|baroque continuo|cembalo|clavecin|spinet|virginal|Couperin|quill plucked"),
    ((7,), "Stevie Wonder Superstition|clavichord|funky electric keys|Hohner D6"),
    ((8, 9, 10), "sugar plum fairy|Nutcracker|jewellery box|fairy bells|tinkling toy|icy chimes"),
    (
        (11, 12, 13),
        "marimba and xylophone|bars struck with mallets|wooden bars|metal bars with motor|"
        "Milt Jackson|Gary Burton|Steve Reich|malletkat|balafon|amadinda|idiophone|"
        "Saint-Saëns skeletons|tuned wood blocks|hardwood keys|percussionist with four mallets|"
        "Guatemalan folk|bells and bars|log drum",
    ),
    ((14,), "Big Ben|cathedral bell tower|Mike Oldfield|monastery"),
    ((15,), "hammered dulcimer|cimbalom|Persian santoor|zither|yangqin|qanun"),
    (
        (16, 17, 18),
        "Hammond console|tonewheel|drawbars|rotary speaker|gospel choir accompaniment|Booker T|"
        "Deep Purple Jon Lord|electronic organ|ballroom dancing|skating rink|"
        "keyboard with two rows and pedals|Joey DeFrancesco|Lowrey",
    ),
    (
        (19, 20),
        "pipe organ of a great church|Buxtehude|Widor toccata|wedding march|Notre-Dame|diapason|"
        "principal and mixture|cathedral|liturgical|registration of many ranks|positive|swell box|"
        "Cavaillé-Coll|Silbermann|harmonium",
    ),
    (
        (21, 23),
        "Parisian café|Piazzolla tango|zydeco|Weltmeister|polka|concertina|squeezebox|bal musette",
    ),
    ((22,), "Bob Dylan|blues harp|Toots Thielemans|Hohner Marine Band|lonesome cowboy"),
    (
        (24, 25),
        "Ramírez classical|Tárrega|bossa nova João Gilberto|Taylor dreadnought|Guild|"
        "steel strings and wooden body|Paco de Lucía|Joan Baez|Nick Drake|unplugged ballad|"
        "plucked with fingers|strummed chords|acoustic with a capo|troubadour|twelve strings|"
        "Ovation|parlor size flat-top|ukulele|lute|Tommy Emmanuel",
    ),
    (
        (26, 27, 28),
        "Wes Montgomery|hollow body archtop|Telecaster twang|surf|Les Paul clean|Mark Knopfler|"
        "rhythm guitar|Nile Rodgers|semi-acoustic|Joe Pass|rockabilly|chorus pedal",
    ),
    (
        (29, 30),
        "Marshall stack|Jimi Hendrix|power chords|Black Sabbath|punk rock|fuzz pedal|shredding|"
        "Eddie Van Halen|thrash|grunge|overdriven amplifier|Metallica",
    ),
    ((32,), "Charles Mingus|contrabass pizzicato|jazz rhythm section|slapped upright|doghouse"),
    (
        (33, 34, 35),
        "Music Man StingRay|James Jamerson|Geddy Lee|John Entwistle|fretless Jaco|"
        "bass guitar line|electric bass with flatwounds|low end of a rock band|reggae riddim|"
        "four low strings|bassist|soul and Motown bottom|violin-shaped bass|pick on heavy strings",
    ),
    ((36, 37), "Bootsy|Flea|Marcus Miller thumb|pop and slap|funk thumbs"),
    (
        (38, 39),
        "house music low line|techno rumble|acid line|deep sub oscillator|dubstep wobble|Juno|"
        "synthwave low end|drum and bass reese|Kraftwerk sequence|trap 808",
    ),
    (
        (40, 41),
        "Guarneri del Gesù|Amati|Paganini|Heifetz|Hilary Hahn|solo violinist|Mendelssohn concerto|"
        "bowed with vibrato|Irish fiddle|Stéphane Grappelli|horsehair on gut|chin rest|"
        "Vivaldi seasons|gypsy|luthier of Cremona|legato bowing|singing bow|romance for bow",
    ),
    ((42, 43), "Casals|Rostropovich|Bach suite|Dvořák|Elgar concerto|gamba|low bowed strings"),
    ((44, 45), "shivering suspense|plucked orchestra|Psycho shower|balletic plucks"),
    ((46,), "angelic glissando|celestial|Welsh|lyre|Debussy with flute|heavenly"),
    ((47,), "drum roll of thunder|orchestral drums|Zarathustra|kettle"),
    (
        (48, 49, 50, 51),
        "London orchestra|Beethoven ninth|John Williams|Hans Zimmer|Mahler|Tchaikovsky|violins and"
        " cellos together|chamber orchestra|string section|all players at once|conductor|"
        "sweeping strings|movie orchestra|Mantovani|Solina string machine|Mellotron",
    ),
    (
        (52, 53, 54),
        "cathedral choir|Gregorian chant|Carmina Burana|oohs and aahs|backing vocals|boys choir|"
        "Enya|human voices|monks|vowels|gospel singers|a cappella",
    ),
    (
        (56, 57, 59),
        "Wynton Marsalis|Chet Baker|Maynard Ferguson|Haydn concerto|cavalry|royal herald|"
        "piston valves|brass soloist|ska horns|mariachi|bell of polished metal|"
        "Tommy Dorsey|J. J. Johnson|plunger mute|Herb Alpert|coronation",
    ),
    ((58,), "oompah|sousaphone|euphonium|Bavarian|bombardon"),
    ((60,), "Alpine|hunting in the forest|Siegfried|Mozart horn concerto|mellophone|Wagner"),
    ((61, 62, 63), "Earth Wind and Fire|Tower of Power|stabs|big band section|Oberheim"),
    (
        (64, 65, 66, 67),
        "Kenny G|Sonny Rollins|Lester Young|bebop tenor|Paul Desmond|Cannonball|Gerry Mulligan|"
        "saxophonist|Adolphe Sax|rhythm and blues honking|Baker Street|"
        "reed in a brass body|swing era reeds|Selmer Mark VI|Yanagisawa|Careless Whisper|film noir",
    ),
    (
        (68, 69, 70, 71),
        "Albinoni|Swan Lake|tuning note A|Grieg morning|Peter and the wolf|cor|krummhorn|duduk|"
        "Acker Bilk|Rhapsody in Blue|chalumeau|klezmer wail|snake charmer|bassoonist|pastoral",
    ),
    (
        (72, 73, 74, 75),
        "Jean-Pierre Rampal|James Galway|Jethro Tull|Syrinx|faun|baroque recorder|transverse|"
        "whistle|bamboo|Irish low whistle|Zamfir|quena|siku|school recorder|Telemann|bansuri|"
        "small woodwind of the marching corps|bird|Mozart magic|sopranino|traverso|wooden pipe",
    ),
    ((76, 77, 78, 79), "jug band|zen temple|kung fu|whistling a tune|sweet potato|Native American"),
    (
        (80, 81, 84, 87),
        "modular solo|Prophet-5|ARP Odyssey|Roland SH-101|Korg MS-20|TB-303|Keith Emerson|"
        "Jan Hammer|glide between notes|one voice at a time|sawtooth oscillator with filter|"
        "analog synthesizer lead|chiptune|Game Boy|Nintendo|G-funk whine|supersaw|Eurodance|"
        "progressive rock synth solo|Rick Wakeman|hard sync|subtractive|Virus",
    ),
    ((82, 83, 85, 86), "steam organ|fairground ride|vocoder|talkbox|stacked fifths"),
    (
        (88, 89, 90, 91, 95),
        "Brian Eno airport|Tangerine Dream|Jean-Michel Jarre|Boards of Canada|sound bath|"
        "long slowly changing chords|soft background texture|ambient music for relaxing|"
        "warm analog strings|Jupiter-8|new age|spa|floating in space|Stars of the Lid|Juno chorus|"
        "sustained atmosphere|swelling filter|dreamscape|deep listening|healing music",
    ),
    ((92, 93, 94), "glass harmonica|bowed bowls|halo|Blade Runner|icy shimmer"),
    ((96, 97, 99, 101, 102, 103), "Doctor Who|haunted house|alien invasion|outer space|nightmare"),
    ((104,), "Ravi Shankar|Beatles in India|tanpura|sarangi"),
    ((105, 106, 107), "Earl Scruggs|Kyoto|geisha|hillbilly|kabuki|pipa|guzheng"),
    ((108,), "mbira|Zimbabwe|thumb|sansula"),
    ((109, 111), "Edinburgh tattoo|bombarde|zurna|Scottish regiment|Breton"),
    ((110,), "square dance|barn dance|hoedown"),
    ((114,), "Trinidad|calypso|oil drum|island beach|carnival band"),
)  # fmt: skip
"""Programs of General MIDI, 0-based, and phrases parted by ``|``."""


def phrases_for(program: int | None) -> tuple[str, ...]:
    """All phrases that belong to a program."""
    return tuple(
        phrase
        for programs, phrases in LEXICON
        if program in programs
        for phrase in phrases.split("|")
    )
