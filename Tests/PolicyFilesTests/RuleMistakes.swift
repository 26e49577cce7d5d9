// SPDX-License-Identifier: Apache-2.0

/// Rules with one mistake each. The rule begins in line 3, column 5, of its file.
enum RuleMistakes {
    private static func permit(_ line: String, to: String = "{ user: alice }") -> String {
        "id: r\npermit: [open]\ncapability: a/*\nto: \(to)\n\(line)"
    }

    private static func to(_ selectors: String, _ problem: String) -> Mistake {
        Mistake("id: r\npermit: [open]\ncapability: a/*\nto: \(selectors)", problem)
    }

    static let all = identity + actions + selectors + conditions

    private static let identity = [
        Mistake(
            "permit: [open]\ncapability: a\nto: anyone",
            "3:5 a rule has no 'id'; give the rule an id; records and 'vault revoke' name it"),
        Mistake(
            "id: a b\npermit: [open]\ncapability: a\nto: anyone",
            "3:9 'a b' holds a character that ids cannot have; use only A-Z a-z 0-9 . _ - @ + / :"),
        Mistake(
            "id: \(String(repeating: "x", count: 129))\npermit: [open]\ncapability: a\nto: anyone",
            "3:9 the id has 129 bytes; use 1 to 128 bytes of A-Z a-z 0-9 . _ - @ + / :"),
        Mistake(
            "id:\npermit: [open]\ncapability: a\nto: anyone",
            "3:8 'id' has no value; write one, or leave the key out"),
        Mistake(
            "id: [a]\npermit: [open]\ncapability: a\nto: anyone", "3:9 'id' holds a list; write a text"),
        Mistake(permit("allow: x"), "7:5 'allow' is not a key of a rule; write permit: [ACTION…]"),
        Mistake(permit("notAfter: x"), "7:5 'notAfter' is not a key of a rule; did you mean 'not-after'?"),
        Mistake(
            permit("colour: x"),
            "7:5 'colour' is not a key of a rule; a rule has the keys id, permit, forbid, capability, to, rights, "
                + "not-before, not-after, hours, lease, max-lease, uses, outstanding, rate, reason, deposits, "
                + "any-filesystem, directories, devices, on-revoke"),
    ]

    private static let actions = [
        Mistake(
            "id: r\npermit: [open]\nforbid: [list]\ncapability: a\nto: anyone",
            "5:5 a rule both permits and forbids; write either permit: [ACTION…] or forbid: [ACTION…]"),
        Mistake(
            "id: r\ncapability: a\nto: anyone",
            "3:5 a rule neither permits nor forbids; write either permit: [ACTION…] or forbid: [ACTION…]"),
        Mistake(
            "id: r\npermit: []\ncapability: a\nto: anyone",
            "4:13 'permit' is an empty list; write at least one value"),
        Mistake(
            "id: r\npermit: [shout]\ncapability: a\nto: anyone",
            "4:14 'shout' is not an action; write open, deposit, remove, list, watch, renew, audit, admin"),
        Mistake(
            "id: r\npermit: [admin]\ncapability: a\nto: anyone",
            "5:5 'capability': admin is about the broker, not about capabilities; remove 'capability'"),
        Mistake(
            "id: r\npermit: [open, audit, admin]\ncapability: a\nto: anyone",
            "3:5 audit and admin is about the broker, and open about capabilities; "
                + "write a rule of its own for audit and admin, without 'capability'"),
        Mistake(
            "id: r\npermit: [open]\nto: anyone",
            "3:5 a rule has no 'capability'; say which; write capability: \"**\" for all"),
        Mistake(
            "id: r\npermit: [open]\ncapability: a/**b\nto: anyone",
            "5:17 '**' does not stand alone in '**b'; "
                + "write '*' for a part of a segment, or '**' between slashes for any number of them"),
        Mistake(
            "id: r\npermit: [open]\ncapability: a?\nto: anyone",
            "5:17 the pattern holds a character that names cannot have; "
                + "use only A-Z a-z 0-9 . _ - @ + in its segments"),
        Mistake(
            permit("rights: [reed]"), "7:14 'reed' is not a right; write read, write, append or use"),
        Mistake(
            "id: r\npermit: [list]\ncapability: a\nto: anyone\nrights: [read]",
            "7:5 'rights': the rule is not about open; remove it"),
        Mistake(
            "id: r\nforbid: [open, list]\ncapability: a\nto: anyone\nrights: [read]",
            "7:5 'rights': a forbid with rights is about requests for them, that is open; "
                + "write a rule of its own for the other actions"),
    ]

    private static let selectors = [
        Mistake(
            "id: r\npermit: [open]\ncapability: a",
            "3:5 a rule has no 'to'; say whom it is about; write 'to: anyone' for everybody"),
        to(
            "everybody",
            "6:9 'to' is the text 'everybody'; write a selector, such as user: NAME, or 'to: anyone' for everybody"),
        to("{}", "6:9 'to' selects nobody; write a selector, or 'to: anyone' for everybody"),
        to(
            "[alice]",
            "6:9 'to' is a list; write a mapping with the keys "
                + "user, uid, group, gid, label, cgroup, unit, loginuid, namespace, exe, sha256, container, pod"),
        to(
            "{ user: alice, comm: cat }",
            "6:24 'comm' is not a key of 'to'; a process chooses its own name; select by user, group or unit"),
        to("{ user: mallory }", "6:17 there is no user 'mallory'; create the user, or select by uid"),
        to("{ group: [adm, gone] }", "6:24 there is no group 'gone'; create the group, or select by gid"),
        to("{ user: 1000 }", "6:17 '1000' is a number, not the name of a user; write uid: 1000"),
        to("{ group: 'a b' }", "6:18 'a b' cannot be the name of a group; write the name as it is"),
        to("{ uid: alice }", "6:16 'alice' is not an id; write a number, or select by name"),
        to("{ uid: 4294967295 }", "6:16 '4294967295' is not an id; write a number, or select by name"),
        to(
            "{ user: alice, unit: nginx }",
            "6:30 the unit 'nginx' has no suffix; write 'nginx.service', if that is meant"),
        to(
            "{ user: alice, unit: a/b.service }",
            "6:30 'a/b.service' is not the name of a unit; write a name such as nginx.service"),
        to(
            "{ user: alice, unit: system.slice }",
            "6:30 'system.slice' is a slice, which no process has for its unit; select by cgroup: /system.slice/**"),
        to(
            "{ unit: user@1000.service }",
            "6:17 'user@1000.service' lies below user.slice, where users name their own units; "
                + "add a user, uid, group, gid or label"),
        to(
            "{ exe: /bin/cat, loginuid: alice }",
            "6:9 a permit by loginuid, exe alone does not say for certain who is calling; "
                + "add a user, uid, group, gid or label, or a unit of the system manager"),
        to(
            "{ user: alice, exe: cat }",
            "6:29 'cat' is not an absolute path; write the path from '/' on, or begin with **/"),
        to(
            "{ user: alice, namespace: container }",
            "6:35 'container' is not a namespace with a lasting name; write namespace: host"),
        to(
            "{ user: alice, sha256: abc }",
            "6:32 'abc' is not a SHA-256; write 64 hexadecimal digits, as sha256sum prints"),
        to("{ label: \"a\\u0001\" }", "6:18 the text holds a control character; remove it"),
    ]

    private static let conditions = [
        Mistake(
            permit("not-after: tomorrow"),
            "7:16 'tomorrow' is not a time; "
                + "write a time with its offset, such as 2026-12-31T18:00:00Z or …T18:00:00+01:00"),
        Mistake(
            permit("not-after: 2026-02-30T00:00:00Z"),
            "7:16 '2026-02-30T00:00:00Z' is not in the calendar; "
                + "write a time with its offset, such as 2026-12-31T18:00:00Z or …T18:00:00+01:00"),
        Mistake(
            permit("not-before: 2026-01-02T00:00:00Z\nnot-after: 2026-01-01T00:00:00Z"),
            "8:16 'not-after' is not later than 'not-before', so the rule never holds; write a later time"),
        Mistake(
            permit("hours: 09:00-17:00"),
            "7:12 '09:00-17:00' names no time zone; "
                + "write a time of day with a zone, such as mon-fri 09:00-17:00 Europe/Berlin"),
        Mistake(
            permit("hours: 9-17 UTC x y"),
            "7:12 '9-17 UTC x y' is not a time of day; "
                + "write a time of day with a zone, such as mon-fri 09:00-17:00 Europe/Berlin"),
        Mistake(
            permit("hours: 09:00-25:00 UTC"),
            "7:12 '09:00-25:00' is not a time of day; "
                + "write a time of day with a zone, such as mon-fri 09:00-17:00 Europe/Berlin"),
        Mistake(
            permit("hours: 09:00-09:00 UTC"),
            "7:12 the hours end when they start; write 00:00-24:00 for the whole day"),
        Mistake(
            permit("hours: mo-fri 09:00-17:00 UTC"),
            "7:12 'mo-fri' is not a day of the week; write mon tue wed thu fri sat sun"),
        Mistake(
            permit("hours: 09:00-17:00 Europe/Nowhere"),
            "7:12 there is no time zone 'Europe/Nowhere'; "
                + "write UTC, an offset such as +02:00, or a name of the tz database such as Europe/Berlin"),
        Mistake(
            permit("hours: 09:00-17:00 +2"),
            "7:12 '+2' is not an offset; write hours and minutes, such as +02:00"),
        Mistake(
            permit("hours: 09:00-17:00 +23:00"),
            "7:12 no place is '+23:00' from UTC; write an offset of at most 14:00"),
        Mistake(
            permit("lease: soon"),
            "7:12 'soon' is not a duration; write a number and a unit (ms s m h d w), such as 15m or 1h30m"),
        Mistake(permit("lease: 0"), "7:12 the time is 0; write a time such as 15m"),
        Mistake(permit("lease: 9999999h"), "7:12 '9999999h' is longer than a hundred years; write a shorter time"),
        Mistake(
            permit("max-lease: 1h"),
            "7:5 'max-lease' without 'lease'; write how long a lease lasts before it is renewed"),
        Mistake(
            permit("lease: 90m\nmax-lease: 1h"),
            "8:16 'max-lease' is shorter than 'lease'; write a time of at least 1h30m"),
        Mistake(
            permit("uses: 0"),
            "7:11 '0' is not a number from 1 to 9223372036854775807; write a whole number, such as 10"),
        Mistake(permit("uses: {}"), "7:11 'uses' sets no limit; write in-all or per-principal"),
        Mistake(
            permit("outstanding: { each: 1 }"),
            "7:20 'each' is not a key of 'outstanding'; 'outstanding' has the keys in-all, per-principal"),
        Mistake(
            permit("rate: 10"),
            "7:11 '10' is not a rate; write a count and a time, such as 1/s, 30/min, 1000/day or 10/15m"),
        Mistake(
            permit("reason: nice"),
            "7:13 'nice' says nothing about reasons; write reason: required, or leave it out"),
        Mistake(
            permit("on-revoke: [term]"),
            "7:5 'on-revoke' is not supported in this version, which does nothing to who holds what is revoked; take it out"
        ),
        Mistake(
            permit("deposits: 3"),
            "7:5 'deposits': it is about deposits, and the rule is not about deposit; remove it"),
        Mistake(
            "id: r\nforbid: [open]\ncapability: a\nto: anyone\nlease: 1h",
            "7:5 'lease': a forbid grants nothing; remove it, or write a permit"),
        Mistake(
            "id: r\npermit: [list]\ncapability: a\nto: anyone\nuses: 3",
            "7:5 'uses': it is about grants, and the rule is not about open; remove it"),
    ]
}
