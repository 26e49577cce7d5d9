// SPDX-License-Identifier: Apache-2.0

/// What `--help` prints.
enum Usage {
    static let text = """
        Usage: vault-opener --root PATH... [OPTION]...

        Opens files and makes sockets for vaultd, beneath the given roots only, and keeps the privileges that it
        needs for that, so that vaultd can do without. vaultd starts it; it is of no use by itself. It is asked over
        the SOCK_SEQPACKET socket that it gets as descriptor 3, and ends when that is closed.

          --root PATH          open what lies beneath PATH; may be given several times
          --state DIR          never open what lies in DIR, the state of vaultd, even beneath a root
          --protect PATH       the same for another path, such as a socket of vaultd
          --protect-writing P  never write or make what lies at or in P: vaultd's configuration and policies
          --workers N          processes that open, besides one that only looks at processes (4)
          --time-limit MS      kill a worker that takes longer for one request, in milliseconds (5000)
          --helper PROGRAM     may be run as a helper; may be given several times
          --helper-user U:G    run helpers under these ids; needed for helpers
          --broker-user U      the uid of vaultd, under which no helper runs
          --peer U             the socket is a connection of uid U: refuse any other, and say when ready
          --socket N           the socket is descriptor N (3)
          --help               print this

        /proc, /sys and the like are never opened. As root it keeps CAP_DAC_OVERRIDE, CAP_KILL,
        CAP_NET_BIND_SERVICE, CAP_SETGID, CAP_SETUID and CAP_SYS_PTRACE, each only in the processes that need it.

        """
}
