// SPDX-License-Identifier: Apache-2.0

/// Mistakes in the core that a test plants, one at a time, to see that the simulator finds each of them. None can be planted in
/// a release build.
package enum PlantedBug: String, CaseIterable, Sendable {
    case verdictLeftOut
    case leaseNotLookedAt
    case staleDecision
    case preparedUnderFormerPolicy
    case revocationNotPumped
    case sentBeforeDurable
    case voidedToldCommitted
    case batchVoidedInPart
    case counterNotRolledBack
    case countersNotAdopted
    case chargeNotStored
    case leaseNotWithdrawn
    case timerLostOnStart
    case exitIgnored
    case outcomeForgotten
    case outcomeToldTwice
    case outcomeLostWithBatch
    case unknownForgotten
    case closedNotWithdrawn
    case descriptorKept
    case endNotGivenBack
    case undrainedNotAsked
    case sentNotCounted
    case unreadForgottenAtEnd
    case chargeNotGivenBack
    case policyBeforeRecord
    case revocationNotOwed
    case staleBuild
    case storedNotNoticed
    case revocationNotRecordedAtOnce
    case staleEntryObeyed
    case takeNotReleased
    case goneBeforeConfirmed
    case takenDepositSent
    case replacedKeptInTable
    case expiredDepositGranted
    case depositCountNotGivenBack
    case depositEndedTwice
    case unsureConfirmRefused
    case lossNotRecorded
    case returnNotConfirmed
    case returnedBeforeRecord
    case receiptOfAnybody
    case receiptToldTwice
    case receiptForgotten
    case contentFollowed

    /// Planted in the cores that run in this task.
    @TaskLocal package static var planted: PlantedBug?
}

/// Whether this mistake is planted. In a release build nothing is left of the question.
@inline(__always)
func isPlanted(_ bug: PlantedBug) -> Bool {
    #if PLANTED_BUGS
        PlantedBug.planted == bug
    #else
        false
    #endif
}
