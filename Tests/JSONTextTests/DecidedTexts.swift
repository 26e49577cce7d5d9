// SPDX-License-Identifier: Apache-2.0

/// The `i_` cases, which a parser may decide, where this one accepts: a number too small for a `Double` is 0.
let textsAcceptedByChoice: [SuiteCase] = [
    SuiteCase("number_double_huge_neg_exp", "[123.456e-789]"),
    SuiteCase("number_real_underflow", "[123e-10000000]"),
]

/// The `i_` cases where this parser refuses: what is not UTF-8, half a surrogate pair, a number that would not be exact
/// (or not finite), a byte order mark, and more than 128 levels.
let textsRefusedByChoice: [SuiteCase] = [
    SuiteCase("number_huge_exp", "[0.4e00669999999999999999999999999999999999999999999999999969999999006]"),
    SuiteCase("number_neg_int_huge_exp", "[-1e+9999]"),
    SuiteCase("number_pos_double_huge_exp", "[1.5e+9999]"),
    SuiteCase("number_real_neg_overflow", "[-123123e100000]"),
    SuiteCase("number_real_pos_overflow", "[123123e100000]"),
    SuiteCase("number_too_big_neg_int", "[-123123123123123123123123123123]"),
    SuiteCase("number_too_big_pos_int", "[100000000000000000000]"),
    SuiteCase("number_very_big_negative_int", "[-237462374673276894279832749832423479823246327846]"),
    SuiteCase("object_key_lone_2nd_surrogate", #"{"\uDFAA":0}"#),
    SuiteCase("string_1st_surrogate_but_2nd_missing", #"["\uDADA"]"#),
    SuiteCase("string_1st_valid_surrogate_2nd_invalid", #"["\uD888\u1234"]"#),
    SuiteCase("string_UTF-16LE_with_BOM", "~", 0xFF, 0xFE, 0x5B, 0x00, 0x22, 0x00, 0xE9, 0x00, 0x22, 0x00, 0x5D, 0x00),
    SuiteCase("string_UTF-8_invalid_sequence", "[\"\u{65E5}~\"]", 0xD1, 0x88, 0xFA),
    SuiteCase("string_UTF8_surrogate_U+D800", "[\"~\"]", 0xED, 0xA0, 0x80),
    SuiteCase("string_incomplete_surrogate_and_escape_valid", #"["\uD800\n"]"#),
    SuiteCase("string_incomplete_surrogate_pair", #"["\uDd1ea"]"#),
    SuiteCase("string_incomplete_surrogates_escape_valid", #"["\uD800\uD800\n"]"#),
    SuiteCase("string_invalid_lonely_surrogate", #"["\ud800"]"#),
    SuiteCase("string_invalid_surrogate", #"["\ud800abc"]"#),
    SuiteCase("string_invalid_utf-8", "[\"~\"]", 0xFF),
    SuiteCase("string_inverted_surrogates_U+1D11E", #"["\uDd1e\uD834"]"#),
    SuiteCase("string_iso_latin_1", "[\"~\"]", 0xE9),
    SuiteCase("string_lone_second_surrogate", #"["\uDFAA"]"#),
    SuiteCase("string_lone_utf8_continuation_byte", "[\"~\"]", 0x81),
    SuiteCase("string_not_in_unicode_range", "[\"~\"]", 0xF4, 0xBF, 0xBF, 0xBF),
    SuiteCase("string_overlong_sequence_2_bytes", "[\"~\"]", 0xC0, 0xAF),
    SuiteCase("string_overlong_sequence_6_bytes", "[\"~\"]", 0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF),
    SuiteCase("string_overlong_sequence_6_bytes_null", "[\"~\"]", 0xFC, 0x80, 0x80, 0x80, 0x80, 0x80),
    SuiteCase("string_truncated-utf-8", "[\"~\"]", 0xE0, 0xFF),
    SuiteCase("string_utf16BE_no_BOM", "~", 0x00, 0x5B, 0x00, 0x22, 0x00, 0xE9, 0x00, 0x22, 0x00, 0x5D),
    SuiteCase("string_utf16LE_no_BOM", "~", 0x5B, 0x00, 0x22, 0x00, 0xE9, 0x00, 0x22, 0x00, 0x5D, 0x00),
    SuiteCase("structure_500_nested_arrays", String(repeating: "[", count: 500) + String(repeating: "]", count: 500)),
    SuiteCase("structure_UTF-8_BOM_empty_object", "~{}", 0xEF, 0xBB, 0xBF),
]

/// The two `y_` cases that this parser refuses on purpose: two parsers that choose differently between duplicate
/// members can be made to see different messages.
let textsRefusedOnPurpose: [SuiteCase] = [
    SuiteCase("object_duplicated_key", #"{"a":"b","a":"c"}"#),
    SuiteCase("object_duplicated_key_and_value", #"{"a":"b","a":"b"}"#),
]
