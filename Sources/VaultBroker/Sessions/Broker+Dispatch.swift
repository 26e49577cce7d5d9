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
            whoAmI(answer, session)
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
            try serve(AdminInterface.Grant.self, call, answer, session, needs: .admin, by: grant)
        case AdminInterface.Revoke.method:
            try serve(AdminInterface.Revoke.self, call, answer, session, needs: .admin, by: revoke)
        case AdminInterface.Resume.method:
            try serve(AdminInterface.Resume.self, call, answer, session, needs: .admin, by: resume)
        case AdminInterface.Rules.method:
            try serve(AdminInterface.Rules.self, call, answer, session, needs: .admin, by: rules)
        case AdminInterface.Revisions.method:
            try serve(AdminInterface.Revisions.self, call, answer, session, needs: .admin, by: revisions)
        case AdminInterface.ApplyPolicy.method:
            try serve(AdminInterface.ApplyPolicy.self, call, answer, session, needs: .admin, by: applyPolicy)
        case AdminInterface.AddCapability.method:
            try serve(AdminInterface.AddCapability.self, call, answer, session, needs: .admin, by: addCapability)
        case AdminInterface.RemoveCapability.method:
            try serve(AdminInterface.RemoveCapability.self, call, answer, session, needs: .admin, by: removeCapability)
        case AdminInterface.Leases.method:
            try serve(AdminInterface.Leases.self, call, answer, session, needs: .admin, by: leases)
        case AdminInterface.AcceptClock.method:
            try serve(AdminInterface.AcceptClock.self, call, answer, session, needs: .admin, by: acceptClock)
        case AdminInterface.Status.method:
            try serve(AdminInterface.Status.self, call, answer, session, needs: .admin, by: status)
        case AdminInterface.Explain.method:
            try serve(AdminInterface.Explain.self, call, answer, session, needs: .admin, by: explain)
        case AdminInterface.WhoCan.method:
            try serve(AdminInterface.WhoCan.self, call, answer, session, needs: .admin, by: whoCan)
        case AdminInterface.WhatCan.method:
            try serve(AdminInterface.WhatCan.self, call, answer, session, needs: .admin, by: whatCan)
        case AdminInterface.Replay.method:
            try serve(AdminInterface.Replay.self, call, answer, session, needs: .admin, by: replay)
        case AdminInterface.Reload.method:
            try serve(AdminInterface.Reload.self, call, answer, session, needs: .admin, by: reload)
        default: throw .methodNotFound(call.method)
        }
    }

    /// Serves a method that needs permissions: its shape, the permissions, then the work, which may wait for others.
    func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session,
        needs actions: Action...,
        by work: @escaping (Method.Parameters, Session) async throws(VarlinkError) -> Method.Reply
    ) throws(VarlinkError) {
        try serve(method, call, answer, session, actions) { parameters, _, session throws(VarlinkError) in
            try await work(parameters, session)
        }
    }

    /// The same for a method that answers in several parts, of which what `work` returns is the last.
    func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session,
        needs actions: Action...,
        by work: @escaping (Method.Parameters, Answer, Session) async throws(VarlinkError) -> Method.Reply
    ) throws(VarlinkError) {
        try serve(method, call, answer, session, actions, work)
    }

    private func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session, _ actions: [Action],
        _ work: @escaping (Method.Parameters, Answer, Session) async throws(VarlinkError) -> Method.Reply
    ) throws(VarlinkError) {
        let parameters: Method.Parameters = try call.parameters()
        // Who is not permitted has been answered then, and it is recorded.
        guard actions.allSatisfy({ permits($0, answer, session) }) else { return }
        let isAct = Self.acts.contains(Method.method)
        Task {
            if isAct { await account(for: session) }
            await settle(answer) { () throws(VarlinkError) in try await work(parameters, answer, session) }
        }
    }

    /// The methods that change the vault, and whose records tell everything about who called. What takes authority away
    /// (`Revoke`, `RemoveCapability`) sees to that itself, when it is in force.
    private static let acts: Set<String> = [
        AdminInterface.Grant.method, AdminInterface.Resume.method, AdminInterface.ApplyPolicy.method,
        AdminInterface.Reload.method, AdminInterface.AddCapability.method, AdminInterface.AcceptClock.method,
        AuditInterface.Prune.method, AuditInterface.AddCosignature.method,
    ]

    private func settle(_ answer: Answer, _ work: () async throws(VarlinkError) -> some JSONWritable) async {
        do throws(VarlinkError) {
            answer.reply(try await work())
        } catch {
            answer.refuse(error)
        }
    }
}
