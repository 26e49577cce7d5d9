// SPDX-License-Identifier: Apache-2.0

/// Capabilities with one mistake each. The capability begins in line 3, column 5, of its file.
enum CapabilityMistakes {
    private static func file(_ members: String, _ problem: String) -> Mistake {
        Mistake("name: a\nfile: { \(members) }", problem)
    }

    private static func listen(_ members: String, _ problem: String) -> Mistake {
        Mistake("name: a\nlisten: { \(members) }", problem)
    }

    static let all = names + files + others + listeners + delivery

    private static let names = [
        Mistake("file: { path: /a }", "3:5 a capability has no 'name'; name it; rules and clients ask for the name"),
        Mistake("name: ''\nfile: { path: /a }", "3:11 'name' has no value; write one, or leave the key out"),
        Mistake("name: a/*\nfile: { path: /a }", "3:11 the name holds '*'; name one capability, without wildcards"),
        Mistake(
            "name: a/../b\nfile: { path: /a }",
            "3:11 the name has the segment '..'; write the name out; names are not relative"),
        Mistake(
            "name: \(String(repeating: "x", count: 256))\nfile: { path: /a }",
            "3:11 the name has 256 bytes; use at most 255 bytes"),
        Mistake(
            "name: a",
            "3:5 a capability says nothing of what it is; "
                + "write one of file, directory, fifo, pipe, listen, connect, memory, device, helper"),
        Mistake(
            "name: a\npipe: {}\nfile: { path: /a }",
            "4:5 a capability is both 'file' and 'pipe'; keep one of them"),
        Mistake(
            "name: a\nfile: { path: /a }\nrights: [read]",
            "5:5 'rights' is not a key of a capability; write it inside the key that says what the capability is, "
                + "such as file: { path: …, rights: [read] }"),
    ]

    private static let files = [
        file("rights: [read]", "4:11 'file' has no 'path'; write the absolute path of the file"),
        file("path: var/log", "4:19 'var/log' is not an absolute path; write the path from '/' on"),
        file(
            "path: /proc/1/mem", "4:19 '/proc/1/mem' lies beneath /proc, which is never opened; name a file elsewhere"),
        file("path: /a/../b", "4:19 '/a/../b' does not name one file; write the path without '..' and final '/'"),
        file("path: /a/", "4:19 '/a/' does not name one file; write the path without '..' and final '/'"),
        file("path: \"/a\\u0007\"", "4:19 the path is too long or holds a control character; name the file otherwise"),
        file("path: /a, rights: [use]", "4:32 'use' is not a right of this kind; write read, write, append"),
        file(
            "path: /a, create: 640, rights: [write]",
            "4:31 '640' is not a mode; write octal with a leading zero, such as 0640"),
        file(
            "path: /a, create: 04755, rights: [write]",
            "4:31 '04755' is not a mode; write octal with a leading zero, such as 0640"),
        file(
            "path: /a, create: 0640, rights: [read]",
            "4:23 'create': a file that can only be read is not made; remove it, or add write to 'rights'"),
        file(
            "path: /a, create: 0640",
            "4:23 'create': a file that can only be read is not made; remove it, or add write to 'rights'"),
        file("path: /a, nofollow: maybe", "4:33 'maybe' is neither yes nor no; write yes or no"),
        file(
            "path: /a, mode: 0640",
            "4:23 'mode' is not a key of 'file'; 'file' has the keys path, rights, create, nofollow, writable-by-others"
        ),
        Mistake(
            "name: a\nfile: /a",
            "4:11 'file' is the text '/a'; write a mapping with the keys path, rights, create, nofollow, writable-by-others"
        ),
        file(
            "path: /a, rights: [append]",
            "4:11 warning: a holder of 'a' can turn 'append' into writing anywhere; "
                + "give the file the append-only attribute (chattr +a)"),
    ]

    private static let others = [
        Mistake("name: a\nfifo: {}", "4:11 'fifo' has no 'path'; write the absolute path of the FIFO"),
        Mistake("name: a\npipe: { rights: [append] }", "4:22 'append' is not a right of this kind; write read, write"),
        Mistake(
            "name: a\nmemory: { file: /a, credential: b }",
            "4:13 'memory' needs one place that it comes from; write either file: PATH or credential: NAME"),
        Mistake(
            "name: a\nmemory: { credential: a/b }",
            "4:27 'a/b' is not the name of a credential; write a name without '/'"),
        Mistake(
            "name: a\nhelper: { path: x }",
            "4:13 'helper' has no 'run'; write the program, with its arguments as a list"),
        Mistake("name: a\nhelper: { run: /bin/x }", "4:13 'helper' has no 'path'; write what the program is to open"),
        Mistake(
            "name: a\nhelper: { run: [x], path: y }", "4:21 'x' is not an absolute path; write the path from '/' on"),
        Mistake(
            "name: a\nconnect: { tcp: \"127.0.0.1:80\" }",
            "3:5 who gets a connection has its socket: it can be connected elsewhere, and listened with, past every filter"
                + " of the holder's own network; write delivery: shared, if that is meant"),
        Mistake(
            "name: a\nconnect: { tcp: \"*:80\" }\ndelivery: shared",
            "4:21 nobody can be reached at '*:80'; write one address, and a port from 1 on"),
        Mistake(
            "name: a\nconnect: { tcp: \"db.example.org:0\" }\ndelivery: shared",
            "4:21 'db.example.org:0' is neither a name nor a numeric address, with a port; "
                + "write it as db.example.org:5432, 192.0.2.1:80 or [2001:db8::1]:80"),
        Mistake(
            "name: a\nconnect: { tcp: \"127.1:80\" }\ndelivery: shared",
            "4:21 '127.1:80' is neither a name nor a numeric address, with a port; "
                + "write it as db.example.org:5432, 192.0.2.1:80 or [2001:db8::1]:80"),
        Mistake(
            "name: a\nconnect: { tcp: \"127.0.0.1:80\", as: root }\ndelivery: shared",
            "4:37 'as': only a Unix socket has it; remove it"),
        Mistake(
            "name: a\nconnect: { unix: /a }\ndelivery: shared",
            "4:14 'connect' has no 'as'; write as: USER; the server sees this user as its client"),
        Mistake(
            "name: a\nconnect: { type: stream }\ndelivery: shared",
            "4:14 'connect' needs one address; write either tcp: ADDRESS:PORT or unix: PATH"),
        Mistake(
            "name: a\nconnect: { tcp: \"127.0.0.1:80\" }\ndelivery: shared\nopen: at-start",
            "6:11 a connection cannot be opened at-start; write each-grant, or leave the key out"),
        Mistake("name: a\ndevice: {}", "4:13 'device' has no 'path'; write the absolute path of the character device"),
        Mistake(
            "name: a\ndevice: { path: /dev/x, rights: [append] }",
            "4:38 'append' is not a right of this kind; write read, write"),
        Mistake(
            "name: a\ndevice: { path: /dev/x, create: 0600 }",
            "4:29 'create' is not a key of 'device'; leave it out: a device is never made"),
        Mistake("name: a\ndirectory: {}", "4:16 'directory' has no 'path'; write the absolute path of the directory"),
        Mistake(
            "name: a\ndirectory: { path: /a, rights: [read] }",
            "4:28 'rights' is not a key of 'directory'; "
                + "leave it out: a directory is opened for reading, and what lies beneath is opened by its holder"),
        Mistake(
            "name: a\ndirectory: { path: /a, create: 0700 }",
            "4:28 'create' is not a key of 'directory'; leave it out: a directory is never made"),
        Mistake(
            "name: a\ndirectory: { path: /a }",
            "4:16 warning: a holder of 'a' reaches all beneath the directory, and by '..' all above, "
                + "with rights of their own; who is to stay beneath opens with openat2(2) and RESOLVE_BENEATH; "
                + "or name the files, each as a file"),
        Mistake(
            "name: a\ndeposit: {}",
            "4:5 this version does not hold 'deposit' capabilities; "
                + "write one of file, directory, fifo, pipe, listen, connect, memory, device, helper"
        ),
    ]

    private static let listeners = [
        listen(
            "backlog: 5", "4:13 'listen' has no address; write one of tcp: ADDRESS:PORT, udp: ADDRESS:PORT, unix: PATH"),
        listen(
            "tcp: \"*:1\", udp: \"*:1\"",
            "4:13 'listen' has several addresses; write one of tcp: ADDRESS:PORT, udp: ADDRESS:PORT, unix: PATH"),
        listen("tcp: \"*:1\", mode: 0600", "4:27 'mode': only a Unix socket has it; remove it"),
        listen("udp: \"*:1\", backlog: 5", "4:27 'backlog': a UDP socket has no queue of connections; remove it"),
        listen(
            "tcp: localhost:80",
            "4:20 'localhost' is not a numeric address; "
                + "write a numeric address and a port, such as 127.0.0.1:8080, [::1]:8080 or *:8080"),
        listen(
            "tcp: \"8080\"",
            "4:20 '8080' is not an address with a port; "
                + "write a numeric address and a port, such as 127.0.0.1:8080, [::1]:8080 or *:8080"),
        listen(
            "tcp: \"*:80\", backlog: 0",
            "4:37 '0' is not a number from 1 to 65535; write a whole number in that range"),
        listen(
            "unix: /run/x",
            "4:13 'listen' has no 'as'; write as: USER; clients of the socket see this user as its server "
                + "(write root if it is meant)"),
        listen("unix: /run/x, as: mallory", "4:33 there is no user 'mallory'; create the user, or select by uid"),
        listen(
            "unix: /run/x, as: root, type: raw",
            "4:45 'raw' is not a type of socket; write stream, seqpacket or datagram"),
        listen(
            "unix: /run/x, as: root, type: datagram, backlog: 3",
            "4:55 'backlog': a datagram socket has no queue of connections; remove it"),
        listen(
            "tcp: \"*:1\", v6only: yes",
            "4:27 'v6only': '*' is every address of both families; remove it, or write [::] for those of IPv6 alone"),
        listen("tcp: 127.0.0.1:1, v6only: yes", "4:33 'v6only': '127.0.0.1' is an address of IPv4; remove it"),
        listen(
            "tcp: \"*:1\", freebind: yes", "4:27 'freebind': '*' is every address that there is or will be; remove it"),
        listen(
            "tcp: \"*:1\", send-buffer: 1KiB",
            "4:40 '1KiB' is not a size for a buffer; write a size from 4KiB to 1GiB"),
        listen(
            "unix: /run/x, as: root, reuse-port: yes", "4:39 'reuse-port': only an internet socket has it; remove it"),
        listen(
            "unix: /run/x, as: root, group: crowd",
            "4:46 there is no group 'crowd'; create the group, or select by gid"),
        listen(
            "unix: \"@x\", as: root, mode: 0600",
            "4:37 'mode': a name in the abstract namespace has no permissions; remove it, or write a path"),
        listen(
            "unix: \"@\", as: root",
            "4:21 '@' is not a name in the abstract namespace; write '@' and at most 107 letters, digits and signs"),
        listen(
            "unix: /\(String(repeating: "x", count: 107)), as: root",
            "4:21 the path has 108 bytes, and a Unix socket's at most 107; use a shorter path"),
    ]

    private static let delivery = [
        Mistake("name: a\npipe: {}\ndelivery: mail", "5:15 'mail' is not a way of delivery; write fresh or shared"),
        Mistake(
            "name: a\npipe: {}\ndelivery: relay",
            "5:15 this version does not deliver as 'relay'; write fresh or shared, or leave the key out"),
        Mistake(
            "name: a\npipe: {}\ndelivery: fresh",
            "5:15 a pipe cannot be delivered fresh; write shared, or leave the key out"),
        Mistake(
            "name: a\npipe: {}\nopen: never",
            "5:11 'never' is not a time to open; write at-start, on-first-use or each-grant"),
        Mistake(
            "name: a\nhelper: { run: /bin/x, path: y }\nopen: at-start",
            "5:11 a helper cannot be opened at-start; write each-grant, or leave the key out"),
    ]
}
