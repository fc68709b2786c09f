import { head, onProd } from '../load-text.ts';
import { testEach, withOptions } from './cases.ts';

testEach([
  {
    name: 'no mode anywhere',
    text: onProd('members:\n  - name: a\n    registrations:\n      - { hub: prod }\n'),
    problems: ['8:9 missing-mode members[0].registrations[0]'],
  },
  {
    name: 'an option of the other mode, written together',
    text: withOptions('imagePullSpec: x'),
    problems: ['8:7 option-of-other-mode members[0].registrations[0].options.imagePullSpec'],
    says: '"imagePullSpec" is no option of ocm-default',
  },
  {
    name: 'an option of the defaults that the mode of a group does not know: both places',
    text: onProd(
      'defaults:\n  registrations: [{ hub: prod, mode: ocm-default, options: { workImagePullSpec: x } }]\ngroups:\n  - { name: g, match: { s: s }, registrations: [{ hub: prod, mode: ocm-singleton }] }\nmembers:\n  - { name: a, labels: { s: s } }\n  - { name: b }\n',
    ),
    problems: ['6:62 option-of-other-mode defaults.registrations[0].options.workImagePullSpec'],
    also: ['mode 8:68', 'member a 10:5'],
  },
  {
    name: 'absent in defaults and in a group',
    text: onProd(
      'defaults:\n  registrations: [{ hub: prod, mode: ocm-default, state: absent }]\ngroups:\n  - { name: g, match: { a: b }, registrations: [{ hub: prod, state: absent }] }\nmembers: []\n',
    ),
    problems: [
      '6:58 absent-outside-member defaults.registrations[0].state',
      '8:69 absent-outside-member groups[0].registrations[0].state',
    ],
  },
  {
    name: 'one name for two members on a hub',
    text: onProd(
      'defaults: { registrations: [{ hub: prod, mode: ocm-default }] }\nmembers:\n  - { name: a }\n  - { name: b, registrations: [{ hub: prod, options: { clusterName: a } }] }\n',
    ),
    problems: ['8:69 name-taken-on-hub members[1].registrations[0].options.clusterName'],
    says: '"a" is the name of two members on hub prod: a and b',
    also: ['member a 7:5'],
  },
  {
    name: 'two hubs that would share an agent',
    text: `${head}hubs:\n  - { name: x, type: ocm }\n  - { name: y, type: ocm }\nmembers:\n  - name: a\n    registrations:\n      - { hub: x, mode: ocm-default }\n      - { hub: y, mode: ocm-default, options: { klusterletName: y } }\n`,
    problems: ['11:9 shared-klusterlet members[0].registrations[1]'],
    says: 'klusterletNamespace open-cluster-management-agent',
    also: ['hub x 10:9'],
  },
  {
    name: 'two hubs, one of them left: nothing wrong',
    text: `${head}hubs:\n  - { name: x, type: ocm }\n  - { name: y, type: ocm }\nmembers:\n  - name: a\n    registrations:\n      - { hub: x, mode: ocm-default, state: absent }\n      - { hub: y, mode: ocm-default }\n`,
    problems: [],
  },
]);
