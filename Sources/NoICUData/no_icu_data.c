// SPDX-License-Identifier: Apache-2.0
#include "no_icu_data.h"

#include <stdint.h>

// ICU's common data file, empty: a header that says so (ICU's ucmndata.h: data of the format ToCP, version 1)
// and a table of contents with no entry. Whatever asks ICU for a locale, a calendar or a converter is told that
// it is missing.
struct no_icu_data {
    uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size;
    uint16_t reserved;
    uint8_t is_big_endian, charset, char_size, also_reserved;
    uint8_t format[4], format_version[4], data_version[4];
    uint8_t padding[8];
    uint32_t entries, unused;
};

_Alignas(16) const struct no_icu_data icudt76_dat = {
    .header_size = 32,
    .magic = {0xda, 0x27},
    .info_size = 20,
    .is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
    .char_size = 2,
    .format = {'T', 'o', 'C', 'P'},
    .format_version = {1, 0, 0, 0},
};
