#include "sample/places.h"

#include <stddef.h>
#include <string.h>

static const struct state states[] = {
    {"Alabama", "AL", "South", "United States"},
    {"Arizona", "AZ", "West", "United States"},
    {"Arkansas", "AR", "South", "United States"},
    {"California", "CA", "West", "United States"},
    {"Colorado", "CO", "West", "United States"},
    {"Connecticut", "CT", "East", "United States"},
    {"Delaware", "DE", "East", "United States"},
    {"District of Columbia", "DC", "East", "United States"},
    {"Florida", "FL", "South", "United States"},
    {"Georgia", "GA", "South", "United States"},
    {"Idaho", "ID", "West", "United States"},
    {"Illinois", "IL", "Central", "United States"},
    {"Indiana", "IN", "Central", "United States"},
    {"Iowa", "IA", "Central", "United States"},
    {"Kansas", "KS", "Central", "United States"},
    {"Kentucky", "KY", "South", "United States"},
    {"Louisiana", "LA", "South", "United States"},
    {"Maine", "ME", "East", "United States"},
    {"Maryland", "MD", "East", "United States"},
    {"Massachusetts", "MA", "East", "United States"},
    {"Michigan", "MI", "Central", "United States"},
    {"Minnesota", "MN", "Central", "United States"},
    {"Mississippi", "MS", "South", "United States"},
    {"Missouri", "MO", "Central", "United States"},
    {"Montana", "MT", "West", "United States"},
    {"Nebraska", "NE", "Central", "United States"},
    {"Nevada", "NV", "West", "United States"},
    {"New Hampshire", "NH", "East", "United States"},
    {"New Jersey", "NJ", "East", "United States"},
    {"New Mexico", "NM", "West", "United States"},
    {"New York", "NY", "East", "United States"},
    {"North Carolina", "NC", "South", "United States"},
    {"North Dakota", "ND", "Central", "United States"},
    {"Ohio", "OH", "East", "United States"},
    {"Oklahoma", "OK", "Central", "United States"},
    {"Oregon", "OR", "West", "United States"},
    {"Pennsylvania", "PA", "East", "United States"},
    {"Rhode Island", "RI", "East", "United States"},
    {"South Carolina", "SC", "South", "United States"},
    {"South Dakota", "SD", "Central", "United States"},
    {"Tennessee", "TN", "South", "United States"},
    {"Texas", "TX", "Central", "United States"},
    {"Utah", "UT", "West", "United States"},
    {"Vermont", "VT", "East", "United States"},
    {"Virginia", "VA", "South", "United States"},
    {"Washington", "WA", "West", "United States"},
    {"West Virginia", "WV", "East", "United States"},
    {"Wisconsin", "WI", "Central", "United States"},
    {"Wyoming", "WY", "West", "United States"},
    {"Ontario", "ON", "Canada", "Canada"},
    {"Québec", "QC", "Canada", "Canada"},
    {"British Columbia", "BC", "Canada", "Canada"},
    {"Alberta", "AB", "Canada", "Canada"},
    {"Nuevo León", "NL", "Mexico", "Mexico"},
    {"Jalisco", "JAL", "Mexico", "Mexico"},
    {"Baja California", "BCN", "Mexico", "Mexico"},
    {"Ciudad de México", "CMX", "Mexico", "Mexico"},
};

static const struct city cities[] = {
    {"New York City", 30, 9, 8300, 407128, -740060, "10001"},
    {"Los Angeles", 3, 8, 3850, 340522, -1182437, "90001"},
    {"Chicago", 11, 7, 2700, 418781, -876298, "60601"},
    {"Houston", 41, 7, 2300, 297604, -953698, "77002"},
    {"Phoenix", 1, 6, 1600, 334484, -1120740, "85003"},
    {"Philadelphia", 36, 6, 1580, 399526, -751652, "19102"},
    {"San Antonio", 41, 5, 1430, 294241, -984936, "78201"},
    {"San Diego", 3, 5, 1390, 327157, -1171611, "92101"},
    {"Dallas", 41, 5, 1300, 327767, -967970, "75201"},
    {"San Jose", 3, 4, 1010, 373382, -1218863, "95110"},
    {"Austin", 41, 5, 960, 302672, -977431, "78701"},
    {"Jacksonville", 8, 4, 950, 303322, -816557, "32202"},
    {"Fort Worth", 41, 4, 920, 327555, -973308, "76102"},
    {"Columbus", 33, 5, 905, 399612, -829988, "43201"},
    {"Indianapolis", 12, 5, 880, 397684, -861581, "46201"},
    {"Charlotte", 31, 4, 875, 352271, -808431, "28202"},
    {"San Francisco", 3, 6, 870, 377749, -1224194, "94102"},
    {"Seattle", 45, 6, 740, 476062, -1223321, "98101"},
    {"Denver", 4, 5, 715, 397392, -1049903, "80202"},
    {"Washington", 7, 5, 690, 389072, -770369, "20001"},
    {"Nashville", 40, 4, 690, 361627, -867816, "37203"},
    {"Oklahoma City", 34, 4, 680, 354676, -975164, "73102"},
    {"El Paso", 41, 3, 678, 317619, -1064850, "79901"},
    {"Boston", 19, 6, 675, 423601, -710589, "02108"},
    {"Portland", 35, 5, 652, 455152, -1226784, "97201"},
    {"Las Vegas", 26, 4, 642, 361699, -1151398, "89101"},
    {"Detroit", 20, 5, 639, 423314, -830458, "48201"},
    {"Memphis", 40, 4, 633, 351495, -900490, "38103"},
    {"Louisville", 15, 4, 628, 382527, -857585, "40202"},
    {"Baltimore", 18, 4, 585, 392904, -766122, "21201"},
    {"Milwaukee", 47, 4, 577, 430389, -879065, "53202"},
    {"Albuquerque", 29, 3, 564, 350844, -1066504, "87102"},
    {"Tucson", 1, 3, 542, 322226, -1109747, "85701"},
    {"Fresno", 3, 3, 542, 367378, -1197871, "93701"},
    {"Sacramento", 3, 4, 525, 385816, -1214944, "95811"},
    {"Kansas City", 23, 4, 508, 390997, -945786, "64105"},
    {"Mesa", 1, 3, 504, 334152, -1118315, "85201"},
    {"Atlanta", 9, 5, 499, 337490, -843880, "30303"},
    {"Omaha", 25, 3, 486, 412565, -959345, "68102"},
    {"Colorado Springs", 4, 3, 479, 388339, -1048214, "80903"},
    {"Raleigh", 31, 3, 468, 357796, -786382, "27601"},
    {"Long Beach", 3, 3, 467, 337701, -1181937, "90802"},
    {"Virginia Beach", 44, 3, 459, 368529, -759780, "23451"},
    {"Miami", 8, 5, 442, 257617, -801918, "33125"},
    {"Oakland", 3, 3, 440, 378044, -1222712, "94601"},
    {"Minneapolis", 21, 4, 430, 449778, -932650, "55401"},
    {"Tulsa", 34, 3, 413, 361540, -959928, "74103"},
    {"Bakersfield", 3, 2, 403, 353733, -1190187, "93301"},
    {"Wichita", 14, 3, 398, 376872, -973301, "67202"},
    {"Arlington", 41, 3, 394, 327357, -971081, "76010"},
    {"Aurora", 4, 3, 386, 397294, -1048319, "80010"},
    {"Tampa", 8, 4, 385, 279506, -824572, "33602"},
    {"New Orleans", 16, 4, 384, 299511, -900715, "70112"},
    {"Cleveland", 33, 4, 373, 414993, -816944, "44102"},
    {"Anaheim", 3, 3, 347, 338366, -1179143, "92801"},
    {"Lexington", 15, 3, 323, 380406, -845037, "40502"},
    {"Stockton", 3, 2, 321, 379577, -1212908, "95202"},
    {"Corpus Christi", 41, 2, 318, 278006, -973964, "78401"},
    {"Henderson", 26, 2, 318, 360395, -1149817, "89002"},
    {"Riverside", 3, 3, 315, 339806, -1173755, "92501"},
    {"Newark", 28, 4, 312, 407357, -741724, "07102"},
    {"Saint Paul", 21, 3, 312, 449537, -930900, "55101"},
    {"Cincinnati", 33, 4, 309, 391031, -845120, "45202"},
    {"St. Louis", 23, 4, 302, 386270, -901994, "63101"},
    {"Pittsburgh", 36, 4, 303, 404406, -799959, "15201"},
    {"Greensboro", 31, 2, 299, 360726, -797920, "27401"},
    {"Lincoln", 25, 2, 291, 408136, -967026, "68502"},
    {"Orlando", 8, 4, 308, 285383, -813792, "32801"},
    {"Jersey City", 28, 3, 292, 407178, -740431, "07302"},
    {"Buffalo", 30, 3, 278, 428864, -788784, "14201"},
    {"Fort Wayne", 12, 2, 264, 410793, -851394, "46802"},
    {"Chandler", 1, 2, 276, 333062, -1118413, "85224"},
    {"St. Petersburg", 8, 3, 258, 277676, -826403, "33701"},
    {"Laredo", 41, 2, 255, 275306, -994803, "78040"},
    {"Durham", 31, 2, 284, 359940, -788986, "27701"},
    {"Madison", 47, 3, 270, 430731, -894012, "53703"},
    {"Lubbock", 41, 2, 257, 335779, -1018552, "79401"},
    {"Reno", 26, 2, 264, 395296, -1198138, "89501"},
    {"Baton Rouge", 16, 3, 227, 304515, -911871, "70801"},
    {"Boise", 10, 3, 236, 436150, -1162023, "83702"},
    {"Richmond", 44, 3, 227, 375407, -774360, "23219"},
    {"Norfolk", 44, 2, 238, 368508, -762859, "23502"},
    {"Spokane", 45, 3, 229, 476588, -1174260, "99201"},
    {"Des Moines", 13, 3, 214, 415868, -936250, "50309"},
    {"Tacoma", 45, 2, 219, 472529, -1224443, "98402"},
    {"Rochester", 30, 3, 211, 431566, -776088, "14604"},
    {"Birmingham", 0, 3, 201, 335186, -868104, "35203"},
    {"Montgomery", 0, 2, 200, 323792, -863077, "36104"},
    {"Salt Lake City", 42, 4, 200, 407608, -1118910, "84101"},
    {"Little Rock", 2, 2, 203, 347465, -922896, "72201"},
    {"Amarillo", 41, 2, 200, 352220, -1018313, "79101"},
    {"Grand Rapids", 20, 2, 199, 429634, -856681, "49503"},
    {"Tallahassee", 8, 2, 196, 304383, -842807, "32301"},
    {"Huntsville", 0, 2, 215, 347304, -865861, "35801"},
    {"Worcester", 19, 3, 206, 422626, -718023, "01602"},
    {"Knoxville", 40, 2, 190, 359606, -839207, "37902"},
    {"Providence", 37, 3, 190, 418240, -714128, "02903"},
    {"Akron", 33, 2, 190, 410814, -815190, "44303"},
    {"Sioux Falls", 39, 2, 193, 435446, -967311, "57103"},
    {"Chattanooga", 40, 2, 181, 350456, -853097, "37402"},
    {"Springfield", 23, 2, 169, 372090, -932923, "65802"},
    {"Springfield", 19, 2, 155, 421015, -725898, "01103"},
    {"Springfield", 11, 2, 114, 397817, -896501, "62701"},
    {"Columbus", 9, 2, 206, 324610, -849877, "31901"},
    {"Columbia", 38, 2, 136, 340007, -810348, "29201"},
    {"Charleston", 38, 2, 150, 327765, -799311, "29401"},
    {"Jackson", 22, 2, 153, 322988, -901848, "39201"},
    {"Hartford", 5, 2, 121, 417658, -726734, "06103"},
    {"Bridgeport", 5, 2, 148, 411792, -731894, "06604"},
    {"Manchester", 27, 2, 115, 429956, -714548, "03101"},
    {"Portland", 17, 2, 68, 436591, -702568, "04101"},
    {"Burlington", 43, 1, 44, 444759, -732121, "05401"},
    {"Wilmington", 6, 2, 71, 397391, -755398, "19801"},
    {"Fargo", 32, 2, 125, 468772, -967898, "58102"},
    {"Billings", 24, 2, 117, 457833, -1085007, "59101"},
    {"Cheyenne", 48, 1, 65, 411400, -1048202, "82001"},
    {"Charleston", 46, 2, 48, 383498, -816326, "25301"},
    {"Cañon City", 4, 1, 17, 384410, -1052424, "81212"},
    {"Eugene", 35, 2, 176, 440521, -1230868, "97401"},
    {"Santa Fe", 29, 2, 87, 356870, -1059378, "87501"},
    {"Cedar Rapids", 13, 2, 137, 419779, -916656, "52401"},
    {"Green Bay", 47, 2, 107, 445133, -880133, "54301"},
    {"Savannah", 9, 2, 147, 320809, -810912, "31401"},
    {"Toronto", 49, 4, 420, 436532, -793832, "M5V"},
    {"Ottawa", 49, 2, 150, 454215, -756972, "K1P"},
    {"Montréal", 50, 3, 260, 455019, -735674, "H2Y"},
    {"Québec", 50, 2, 80, 468139, -712080, "G1R"},
    {"Vancouver", 51, 3, 140, 492827, -1231207, "V6B"},
    {"Calgary", 52, 2, 120, 510447, -1140719, "T2P"},
    {"Monterrey", 53, 2, 110, 256866, -1003161, "64000"},
    {"Guadalajara", 54, 2, 120, 206597, -1033496, "44100"},
    {"Tijuana", 55, 2, 90, 325149, -1170382, "22000"},
    {"Ciudad de México", 56, 3, 260, 194326, -991332, "06000"},
};

#define STATE_COUNT ((uint32_t)(sizeof states / sizeof states[0]))
#define CITY_COUNT  ((uint32_t)(sizeof cities / sizeof cities[0]))

/* 10000 times the cosine of whole degrees. */
static const int16_t cosines[91] = {
    10000, 9998, 9994, 9986, 9976, 9962, 9945, 9925, 9903, 9877, 9848, 9816, 9781, 9744, 9703, 9659, 9613, 9563, 9511,
    9455,  9397, 9336, 9272, 9205, 9135, 9063, 8988, 8910, 8829, 8746, 8660, 8572, 8480, 8387, 8290, 8192, 8090, 7986,
    7880,  7771, 7660, 7547, 7431, 7314, 7193, 7071, 6947, 6820, 6691, 6561, 6428, 6293, 6157, 6018, 5878, 5736, 5592,
    5446,  5299, 5150, 5000, 4848, 4695, 4540, 4384, 4226, 4067, 3907, 3746, 3584, 3420, 3256, 3090, 2924, 2756, 2588,
    2419,  2250, 2079, 1908, 1736, 1564, 1392, 1219, 1045, 872,  698,  523,  349,  175,  0,
};

uint32_t state_count(void)
{
    return STATE_COUNT;
}

const struct state *state_at(uint32_t state)
{
    return &states[state];
}

uint32_t city_count(void)
{
    return CITY_COUNT;
}

uint32_t city_count_domestic(void)
{
    uint32_t count = 0;
    while (count < CITY_COUNT && strcmp(states[cities[count].state].country, "United States") == 0)
        count++;
    return count;
}

const struct city *city_at(uint32_t city)
{
    return &cities[city];
}

uint32_t location_of_city(uint32_t city)
{
    uint32_t location = 0;
    for (uint32_t i = 0; i < city; i++)
        location += cities[i].postal_codes;
    return location;
}

uint32_t location_count(void)
{
    return location_of_city(CITY_COUNT);
}

/* The nth postal code after the first: the next number, or, where codes begin with a letter, another of its area. */
static void postal_code_make(const char *first, uint32_t nth, char *code)
{
    size_t size = strlen(first);
    memcpy(code, first, size + 1);
    if (size == 3) {
        static const char letters[] = "ABCEGHJ";
        code[3] = ' ';
        code[4] = (char)('1' + nth);
        code[5] = letters[(nth * 3 + 1) % 7];
        code[6] = (char)('1' + nth * 2 % 9);
        code[7] = '\0';
        return;
    }
    for (size_t i = size; i > 0 && nth > 0; i--) {
        nth += (uint32_t)(code[i - 1] - '0');
        code[i - 1] = (char)('0' + nth % 10);
        nth /= 10;
    }
}

void location_at(uint32_t location, struct location *result)
{
    uint32_t city = 0;
    uint32_t nth = location;
    while (nth >= cities[city].postal_codes)
        nth -= cities[city++].postal_codes;
    result->city = city;
    /* The postal codes of a city lie in a loose ring around it, some kilometres out. */
    static const int16_t north[] = {0, 310, -270, 120, -420, 350, -90, 200, -330};
    static const int16_t east[] = {0, 140, 260, -380, -170, -210, 450, -60, 80};
    result->latitude = cities[city].latitude + north[nth % 9];
    result->longitude = cities[city].longitude + east[nth % 9];
    postal_code_make(cities[city].postal_code, nth, result->postal_code);
}

/* The whole part of the square root. */
static uint64_t square_root(uint64_t number)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
        if ((root + bit) * (root + bit) <= number)
            root += bit;
    }
    return root;
}

int32_t city_distance(uint32_t from, uint32_t to)
{
    const struct city *a = &cities[from];
    const struct city *b = &cities[to];
    int64_t north = (int64_t)(a->latitude - b->latitude) * 111195 / 10000; /* metres */
    int64_t east = (int64_t)(a->longitude - b->longitude) * 111195 / 10000;
    east = east * cosines[(a->latitude + b->latitude) / 20000] / 10000;
    return (int32_t)(square_root((uint64_t)(north * north + east * east)) / 1000);
}
