import type { Assembled } from './assemble.ts';
import type { Findings } from './findings.ts';
import type { FleetFolder } from './folder.ts';
import {
  credentialsInAddress,
  incompleteAccess,
  invalidAddress,
  lookupWithServer,
  loopbackEndpoint,
  sameAccess,
  tildePath,
} from './rules/addresses.ts';
import {
  duplicateFeatureGate,
  duplicateGroup,
  duplicateHub,
  duplicateMember,
  reservedLabel,
  unknownHub,
} from './rules/names.ts';
import {
  addOnToken,
  annotationWithComma,
  certificateLifetime,
  filledName,
  invalidQuantity,
  multipleHubs,
  qosClass,
  requestAboveLimit,
  statusSyncInterval,
} from './rules/options.ts';
import {
  absentOutsideMember,
  missingMode,
  nameTakenOnHub,
  optionOfOtherMode,
  sharedKlusterlet,
} from './rules/registrations.ts';
import type { Rule } from './rules/rule.ts';

/** Everything that is checked across fields. All of them run; the key is the `rule` of the problem. */
const rules: Readonly<Record<string, Rule>> = {
  'duplicate-hub': duplicateHub,
  'duplicate-member': duplicateMember,
  'duplicate-group': duplicateGroup,
  'duplicate-feature-gate': duplicateFeatureGate,
  'unknown-hub': unknownHub,
  'reserved-label': reservedLabel,
  'missing-mode': missingMode,
  'option-of-other-mode': optionOfOtherMode,
  'absent-outside-member': absentOutsideMember,
  'name-taken-on-hub': nameTakenOnHub,
  'shared-klusterlet': sharedKlusterlet,
  'qos-class': qosClass,
  'request-above-limit': requestAboveLimit,
  'invalid-quantity': invalidQuantity,
  'invalid-name': filledName,
  'certificate-lifetime': certificateLifetime,
  'annotation-with-comma': annotationWithComma,
  'multiple-hubs': multipleHubs,
  'addon-token': addOnToken,
  'status-sync-interval': statusSyncInterval,
  'invalid-address': invalidAddress,
  'credentials-in-address': credentialsInAddress,
  'incomplete-access': incompleteAccess,
  'lookup-with-server': lookupWithServer,
  'same-access': sameAccess,
  'tilde-path': tildePath,
  'loopback-endpoint': loopbackEndpoint,
};

/** Runs every rule; what they find goes to `findings`. */
export function checkRules(fleet: Assembled, folder: FleetFolder, findings: Findings): void {
  for (const [name, rule] of Object.entries(rules))
    rule(fleet, (finding, member) => findings.add(name, finding, member), folder);
}

/** What is no mistake, but probably not meant. */
export function checkWarnings(fleet: Assembled, findings: Findings): void {
  for (const group of fleet.groups) {
    if (group.matched === 0)
      findings.add('unused-group', { node: group.node, message: `group ${group.name} matches no member` });
  }
}
