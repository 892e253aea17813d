#ifndef SAMPLE_OLIST_H
#define SAMPLE_OLIST_H

#include "sample/csv_out.h"
#include "sample/native.h"
#include "sample/problem.h"
#include "sample/shop.h"

bool olist_write(struct shop *shop, struct folder *folder, struct tally *tally, struct problem *problem);

#endif
