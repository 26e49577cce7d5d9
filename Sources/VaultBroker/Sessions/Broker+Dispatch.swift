// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink
import VaultInterface
import VaultModel

/// Which method is served by what.
extension Broker {
    func dispatch(
        _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        switch call.method {
        case BrokerInterface.Open.method:
            // A grant that nobody hears of is of no use: `oneway` does nothing here.
            if call.isOneway { return answer.reply(EmptyMessage()) }
            open(try call.parameters(), answer, session)
        case BrokerInterface.List.method:
            try list(try call.parameters(), answer, session)
        case BrokerInterface.Describe.method:
            try describe(try call.parameters(), answer, session)
        case BrokerInterface.Remove.method:
            let parameters: BrokerInterface.Remove.Parameters = try call.parameters()
            remove(parameters, answer, session)
        case BrokerInterface.Renew.method:
            let parameters: BrokerInterface.Renew.Parameters = try call.parameters()
            renew(parameters, answer, session)
        case BrokerInterface.Release.method:
            let parameters: BrokerInterface.Release.Parameters = try call.parameters()
            release(parameters, answer, session)
        case BrokerInterface.WhoAmI.method:
            let _: EmptyMessage = try call.parameters()
            answer.reply(BrokerInterface.WhoAmI.Reply(identity: session.identity.described))
        default:
            if call.method.hasPrefix(AdminInterface.name + ".") { return try dispatchAdmin(call, answer, session) }
            if call.method.hasPrefix(AuditInterface.name + ".") { return try dispatchAudit(call, answer, session) }
            guard let message = service.answer(call) else { throw .methodNotImplemented(call.method) }
            answer.give(message)
        }
    }

    private func dispatchAdmin(
        _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        switch call.method {
        case AdminInterface.Grant.method:
            guard let parameters = try admitted(AdminInterface.Grant.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await grant(parameters, session) } }
        case AdminInterface.Revoke.method:
            guard let parameters = try admitted(AdminInterface.Revoke.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await revoke(parameters, session) } }
        case AdminInterface.Resume.method:
            guard let parameters = try admitted(AdminInterface.Resume.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await resume(parameters, session) } }
        case AdminInterface.Rules.method:
            guard let parameters = try admitted(AdminInterface.Rules.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await rules(parameters, session) } }
        case AdminInterface.Revisions.method:
            guard let parameters = try admitted(AdminInterface.Revisions.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await revisions(parameters, session) } }
        case AdminInterface.ApplyPolicy.method:
            guard let parameters = try admitted(AdminInterface.ApplyPolicy.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await applyPolicy(parameters, session) } }
        case AdminInterface.AddCapability.method:
            guard let parameters = try admitted(AdminInterface.AddCapability.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await addCapability(parameters, session) } }
        case AdminInterface.RemoveCapability.method:
            guard let parameters = try admitted(AdminInterface.RemoveCapability.self, call, .admin, answer, session)
            else { return }
            Task { await settle(answer) { () throws(VarlinkError) in try await removeCapability(parameters, session) } }
        case AdminInterface.Leases.method:
            guard let parameters = try admitted(AdminInterface.Leases.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await leases(parameters, session) } }
        case AdminInterface.AcceptClock.method:
            guard let parameters = try admitted(AdminInterface.AcceptClock.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await acceptClock(parameters, session) } }
        case AdminInterface.Status.method:
            guard let parameters = try admitted(AdminInterface.Status.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await status(parameters, session) } }
        case AdminInterface.Explain.method:
            guard let parameters = try admitted(AdminInterface.Explain.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await explain(parameters, session) } }
        case AdminInterface.WhoCan.method:
            guard let parameters = try admitted(AdminInterface.WhoCan.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await whoCan(parameters, session) } }
        case AdminInterface.WhatCan.method:
            guard let parameters = try admitted(AdminInterface.WhatCan.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await whatCan(parameters, session) } }
        case AdminInterface.Replay.method:
            guard let parameters = try admitted(AdminInterface.Replay.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await replay(parameters, answer, session) } }
        case AdminInterface.Reload.method:
            guard let parameters = try admitted(AdminInterface.Reload.self, call, .admin, answer, session) else {
                return
            }
            Task { await settle(answer) { () throws(VarlinkError) in try await reload(parameters, session) } }
        default: throw .methodNotFound(call.method)
        }
    }

    /// Shape, then permission.
    /// - Returns: the parameters; nil when the caller is not permitted, which is then recorded and answered.
    func admitted<Method: InterfaceMethod>(
        _ method: Method.Type, _ call: borrowing VarlinkCall, _ action: Action, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) -> Method.Parameters? {
        let parameters: Method.Parameters = try call.parameters()
        return permits(action, answer, session) ? parameters : nil
    }

    /// Runs work that waits for others, and answers with what comes of it.
    func settle(
        _ answer: Answer, _ work: () async throws(VarlinkError) -> some JSONWritable
    ) async {
        do throws(VarlinkError) {
            answer.reply(try await work())
        } catch {
            answer.refuse(error)
        }
    }
}
