import { head, onProd } from '../load-text.ts';
import { testEach, withOptions } from './cases.ts';

testEach([
  {
    name: 'two hubs of one name',
    text: `${head}hubs:\n  - { name: prod, type: ocm }\n  - { name: prod, type: ocm }\nmembers: []\n`,
    problems: ['6:13 duplicate-hub hubs[1].name'],
    also: ['first 5:13'],
  },
  {
    name: 'two members of one name',
    text: onProd('members:\n  - name: a\n  - name: b\n  - name: a\n'),
    problems: ['8:11 duplicate-member members[2].name'],
    also: ['first 6:11'],
  },
  {
    name: 'two members that are one anchor',
    text: onProd('members:\n  - &a { name: a }\n  - *a\n'),
    problems: ['7:5 duplicate-member members[1]'],
  },
  {
    name: 'two groups of one name',
    text: onProd('groups:\n  - { name: g, match: { a: b } }\n  - { name: g, match: { a: c } }\nmembers: []\n'),
    problems: ['7:13 duplicate-group groups[1].name'],
  },
  {
    name: 'two feature gates of one name',
    text: withOptions(
      'registrationConfiguration: { featureGates: [\n { feature: ClusterClaim, mode: Enable },\n { feature: ClusterClaim, mode: Disable }]}',
    ),
    problems: [
      '10:19 duplicate-feature-gate members[0].registrations[0].options.registrationConfiguration.featureGates[1].feature',
    ],
  },
  {
    name: 'two registrations with one hub in a member',
    text: onProd(
      'members:\n  - name: a\n    registrations:\n      - { hub: prod, mode: ocm-default }\n      - { hub: prod, mode: ocm-default }\n',
    ),
    problems: ['9:9 duplicate-registration members[0].registrations[1]'],
    also: ['first 8:9'],
  },
  {
    name: 'two registrations of the defaults that a template makes the same',
    text: onProd(
      'defaults:\n  registrations:\n    - { hub: prod, mode: ocm-default }\n    - { hub: "{labels.hub}", mode: ocm-default }\nmembers: [{ name: a, labels: { hub: prod } }]\n',
    ),
    problems: ['8:7 duplicate-registration defaults.registrations[1]'],
    also: ['first 7:7', 'member a 9:11'],
  },
  {
    name: 'a hub that is none',
    text: onProd('members:\n  - { name: a, registrations: [{ hub: prd, mode: ocm-default }] }\n'),
    problems: ['6:39 unknown-hub members[0].registrations[0].hub'],
    suggestion: 'did you mean "prod"?',
  },
  {
    name: 'a hub that is none, from the defaults: once, with the members it concerns',
    text: onProd(
      'defaults:\n  registrations: [{ hub: qqqqqqq, mode: ocm-default }]\nmembers: [{ name: a },\n {name: b}, {name: c}, {name: d}, {name: e}]\n',
    ),
    problems: ['6:26 unknown-hub defaults.registrations[0].hub'],
    suggestion: 'known here: prod',
    also: ['member a 7:11', 'member b 8:2', 'member c and 2 more 8:13'],
  },
  {
    name: 'labels that mean something else',
    text: onProd('members:\n  - name: a\n    labels: { name: x, cluster.open-cluster-management.io/clusterset: y }\n'),
    problems: [
      '7:15 reserved-label members[0].labels.name',
      '7:24 reserved-label members[0].labels["cluster.open-cluster-management.io/clusterset"]',
    ],
  },
]);
