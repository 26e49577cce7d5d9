// SPDX-License-Identifier: Apache-2.0
//
// Borrowed descriptors that are kept or returned: the compiler refuses each, and BorrowingTests sees to it.

import Descriptors
import SystemPackage

final class Keeper {
    var kept: OwnedDescriptor?

    func keep(_ descriptor: borrowing OwnedDescriptor) {  // expected-error {{borrowed}}
        kept = consume descriptor  // expected-note {{consumed}}
    }
}

func giveBack(_ descriptor: borrowing OwnedDescriptor) -> OwnedDescriptor {  // expected-error {{borrowed}}
    return descriptor  // expected-note {{consumed}}
}

func share(_ descriptor: borrowing OwnedDescriptor) -> HeldDescriptor {  // expected-error {{borrowed}}
    HeldDescriptor(descriptor)  // expected-note {{consumed}}
}

func useLater(_ descriptor: borrowing OwnedDescriptor) -> () -> UInt64? {  // expected-error {{captured}}
    { try? FileStatus(of: descriptor).inode }  // expected-note {{captur}}
}

func useAfterItsEnd(_ descriptor: consuming OwnedDescriptor) throws -> UInt64 {  // expected-error {{consume}}
    try descriptor.close()  // expected-note {{consumed}}
    return try FileStatus(of: descriptor).inode  // expected-note {{used}}
}
