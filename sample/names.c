#include "sample/names.h"

#include <stdio.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

static const char *const first_names[] = {
    "Ada",     "Adrian",  "Aisha",  "Alan",   "Alejandro", "Alice",   "Amir",   "Amy",    "André",   "Angela",
    "Anita",   "Anthony", "Arlene", "Arturo", "Barbara",   "Beatriz", "Ben",    "Bianca", "Brian",   "Brigitte",
    "Bruno",   "Carla",   "Carmen", "Chloé",  "Christine", "Clara",   "Colin",  "Craig",  "Dana",    "Daniel",
    "Deborah", "Diego",   "Edith",  "Elena",  "Elijah",    "Emil",    "Esther", "Evan",   "Fatima",  "Felix",
    "Fiona",   "Frances", "Gloria", "Grace",  "Greta",     "Guy",     "Hannah", "Harold", "Helen",   "Hugo",
    "Ian",     "Ines",    "Ingrid", "Isaac",  "Jack",      "Jane",    "Jasmin", "Jean",   "Joaquín", "Joel",
    "Jorge",   "José",    "Judith", "Karen",  "Keiko",     "Keith",   "Laura",  "Leah",   "Leon",    "Linda",
    "Lucía",   "Luis",    "Magda",  "Marcus", "Maria",     "Martin",  "Maya",   "Mei",    "Miguel",  "Mona",
    "Nadia",   "Nathan",  "Noël",   "Nora",   "Oliver",    "Olga",    "Oscar",  "Paula",  "Peter",   "Philip",
    "Priya",   "Rachel",  "Ramón",  "Renée",  "Robert",    "Rosa",    "Ruth",   "Samuel", "Sandra",  "Sean",
    "Sofia",   "Stefan",  "Sven",   "Tamara", "Teresa",    "Thomas",  "Tom",    "Ursula", "Valerie", "Victor",
    "Walter",  "Wendy",   "Yusuf",  "Yvonne", "Zachary",   "Zoë",
};

static const char *const last_names[] = {
    "Abbott",   "Adler",    "Aguilar",  "Alvarez", "Andersen",  "Armstrong", "Bailey",   "Baker",       "Barnes",
    "Bauer",    "Becker",   "Bell",     "Bennett", "Björklund", "Blake",     "Bradley",  "Brooks",      "Bryant",
    "Burke",    "Calderón", "Campos",   "Carter",  "Castillo",  "Chang",     "Clarke",   "Coleman",     "Connolly",
    "Cooper",   "Cruz",     "Daly",     "Davies",  "Delgado",   "Diaz",      "Dixon",    "Doyle",       "Dubois",
    "Duncan",   "Edwards",  "Ellis",    "Engel",   "Espinosa",  "Evans",     "Farrell",  "Fernández",   "Fischer",
    "Fletcher", "Flores",   "Foster",   "Fuchs",   "García",    "Gibson",    "Goldberg", "Gómez",       "Graham",
    "Grant",    "Greene",   "Griffin",  "Gupta",   "Hahn",      "Hansen",    "Harper",   "Hart",        "Hayes",
    "Heller",   "Hoffmann", "Holt",     "Hughes",  "Hunt",      "Ibarra",    "Iyer",     "Jacobs",      "Jenkins",
    "Jensen",   "Jordan",   "Kaplan",   "Keller",  "Kelly",     "Khan",      "Kim",      "Klein",       "Knight",
    "Kowalski", "Lambert",  "Lane",     "Larsen",  "Lee",       "Lehmann",   "Lopez",    "Lund",        "Marsh",
    "Martín",   "Mason",    "McCall",   "McKay",   "Medina",    "Mendoza",   "Meyer",    "Miles",       "Mills",
    "Montoya",  "Moore",    "Mueller",  "Müller",  "Murphy",    "Nash",      "Navarro",  "Nguyen",      "Nolan",
    "Núñez",    "O'Brien",  "O'Neill",  "Okafor",  "Olsen",     "Ortega",    "Owens",    "Palmer",      "Park",
    "Parsons",  "Patel",    "Peña",     "Perkins", "Pfeiffer",  "Porter",    "Price",    "Quinn",       "Ramírez",
    "Reed",     "Reyes",    "Rhodes",   "Rivera",  "Romero",    "Rossi",     "Ruiz",     "Saint-Clair", "Salazar",
    "Sanders",  "Schmidt",  "Schröder", "Shah",    "Silva",     "Singh",     "Sørensen", "Stone",       "Sutton",
    "Tanaka",   "Torres",   "Tucker",   "Vance",   "Vargas",    "Vega",      "Wagner",   "Walsh",       "Weber",
    "Wheeler",  "Winter",   "Wolf",     "Wong",    "Yang",      "Young",     "Zamora",   "Zimmermann",
};

static const char *const nicknames[] = {"Ace", "Buddy", "Doc", "Red", "Sunny", "Tex"};
static const char *const suffixes[] = {"Jr.", "Sr.", "III", "PhD"};

void name_person(struct rng *rng, char name[NAME_SIZE])
{
    const char *first = first_names[rng_below(rng, COUNT(first_names))];
    const char *last = last_names[rng_below(rng, COUNT(last_names))];
    uint32_t form = rng_below(rng, 100);
    if (form < 2)
        snprintf(name, NAME_SIZE, "%s %s, %s", first, last, suffixes[rng_below(rng, COUNT(suffixes))]);
    else if (form < 3)
        snprintf(name, NAME_SIZE, "%s \"%s\" %s", first, nicknames[rng_below(rng, COUNT(nicknames))], last);
    else if (form < 40)
        snprintf(name, NAME_SIZE, "%s %c. %s", first, (char)('A' + rng_below(rng, 26)), last);
    else if (form < 45)
        snprintf(name, NAME_SIZE, "%s %s-%s", first, last, last_names[rng_below(rng, COUNT(last_names))]);
    else
        snprintf(name, NAME_SIZE, "%s %s", first, last);
}

void name_seller(uint32_t nth, char name[NAME_SIZE])
{
    static const char *const owners[] = {
        "Alder",    "Bluebird", "Café Noir", "Dove & Daughter", "Evergreen", "Fjord",   "Granite", "Harbor",
        "Ironwood", "Juniper",  "Kestrel",   "Lighthouse",      "Magnolia",  "Nordlys", "Osprey",  "Piñon",
        "Quarry",   "Redwood",  "São Jorge", "東京デザイン",    "Umbra",     "Verité",  "Willow",  "Zürn",
    };
    static const char *const kinds[] = {"Supply Co.",     "Trading, Inc.", "Outfitters", "Goods",
                                        "Wholesale, LLC", "\"Direct\"",    "Imports"};
    snprintf(name, NAME_SIZE, "%s %s", owners[nth % COUNT(owners)], kinds[(nth + nth / COUNT(owners)) % COUNT(kinds)]);
}
