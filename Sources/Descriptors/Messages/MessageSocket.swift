// SPDX-License-Identifier: Apache-2.0

/// Messages with descriptors over Unix sockets: stream, seqpacket and datagram.
///
/// The modern form of the classic `read_fd` and `write_fd`.
public enum MessageSocket {
    /// The most descriptors that the kernel lets into one message (`SCM_MAX_FD`).
    public static let mostDescriptors = 253
}
