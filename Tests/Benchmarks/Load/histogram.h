// SPDX-License-Identifier: Apache-2.0
//
// Counts of durations, in buckets that are at most 3 % wide: 32 for each power of two.

#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 * 32 };

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t sum;
    uint64_t max;
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);
double histogram_mean(const struct histogram *histogram);

/// The duration in nanoseconds that the share `quantile` (0 to 1) of the measured ones did not exceed.
uint64_t histogram_quantile(const struct histogram *histogram, double quantile);

#endif
