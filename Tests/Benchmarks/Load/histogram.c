// SPDX-License-Identifier: Apache-2.0

#include "histogram.h"

enum { SUB_BUCKETS = 32, SUB_BITS = 5 };

static unsigned bucket_of(uint64_t value) {
    if (value < SUB_BUCKETS)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - SUB_BITS;
    return (shift + 1) * SUB_BUCKETS + (unsigned)(value >> shift) - SUB_BUCKETS;
}

/// The largest value that falls into `bucket`.
static uint64_t top_of(unsigned bucket) {
    if (bucket < SUB_BUCKETS)
        return bucket;
    unsigned shift = bucket / SUB_BUCKETS - 1;
    return (((uint64_t)SUB_BUCKETS + bucket % SUB_BUCKETS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds) {
    histogram->counts[bucket_of(nanoseconds)]++;
    histogram->total++;
    histogram->sum += nanoseconds;
    if (nanoseconds > histogram->max)
        histogram->max = nanoseconds;
}

double histogram_mean(const struct histogram *histogram) {
    return histogram->total ? (double)histogram->sum / (double)histogram->total : 0;
}

uint64_t histogram_quantile(const struct histogram *histogram, double quantile) {
    uint64_t wanted = (uint64_t)(quantile * (double)histogram->total), seen = 0;

    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen > wanted)
            return top_of(bucket) < histogram->max ? top_of(bucket) : histogram->max;
    }
    return histogram->max;
}
