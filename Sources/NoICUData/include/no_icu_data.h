// SPDX-License-Identifier: Apache-2.0
#ifndef NO_ICU_DATA_H
#define NO_ICU_DATA_H

// Linked into what is installed in the place of ICU's 34 MB of data about languages and calendars, which come
// with Foundation, and of which nothing here reads any: times are shown by the C library, text is compared by
// its bytes. The linker takes what a program defines before what a library has. Where Foundation's ICU is of
// another version the name is another, and its data are linked as before.
extern const struct no_icu_data icudt76_dat;

#endif
