/* Where customers and sellers live: real cities of the United States, and a few of Canada and Mexico. */
#ifndef SAMPLE_PLACES_H
#define SAMPLE_PLACES_H

#include <stdint.h>

struct state {
    const char *name;
    const char *code; /* two or three letters, as in a postal address */
    const char *region;
    const char *country;
};

struct city {
    const char *name;
    uint8_t state;
    uint8_t postal_codes; /* how many of them the sample knows */
    uint16_t weight;      /* how many customers live there, as a share */
    int32_t latitude;     /* in 1/10000 degree */
    int32_t longitude;
    const char *postal_code; /* the first of them */
};

/* A place to deliver to: one postal code of one city. */
struct location {
    uint32_t city;
    int32_t latitude;
    int32_t longitude;
    char postal_code[8];
};

uint32_t state_count(void);
const struct state *state_at(uint32_t state);
uint32_t city_count(void);

/* The cities of the United States come first: they are those below this number. */
uint32_t city_count_domestic(void);
const struct city *city_at(uint32_t city);

/* Locations are the postal codes of all cities in order: those of a city are together, and the domestic ones first. */
uint32_t location_count(void);
void location_at(uint32_t location, struct location *result);

/* The first location of a city. */
uint32_t location_of_city(uint32_t city);

/* Kilometres between two cities, within a few percent of the great circle: made of integers only. */
int32_t city_distance(uint32_t from, uint32_t to);

#endif
