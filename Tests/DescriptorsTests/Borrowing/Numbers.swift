// SPDX-License-Identifier: Apache-2.0
//
// Numbers for descriptors: the compiler refuses each, and BorrowingTests sees to it.

import Descriptors
import SystemPackage

func numberOfAnOwner(_ owner: borrowing OwnedDescriptor, _ held: HeldDescriptor) {
    _ = owner.raw  // expected-error {{'raw'}}
    _ = owner.number  // expected-error {{'number'}}
    _ = owner.fileDescriptor  // expected-error {{'fileDescriptor'}}
    _ = owner.lentNumber.value  // expected-error {{'value'}}
    _ = held.raw  // expected-error {{'raw'}}
}

func numberForAnOwner(_ number: CInt, _ loop: EventLoop) throws {
    _ = try DescriptorStatus.flags(of: number)  // expected-error {{conform to 'Descriptor'}}
    _ = try loop.watch(number, for: .readable) { _ in }  // expected-error {{'HeldDescriptor'}}
    // expected-error@+1 {{'HeldDescriptor'}}
    try MessageSocket.send([1].span, passing: [number], on: StandardDescriptor.output)
}

func watchWithoutASharedOwner(_ owner: consuming OwnedDescriptor, _ loop: EventLoop) throws {
    _ = try loop.watch(owner, for: .readable) { _ in }  // expected-error {{'HeldDescriptor'}}
}
