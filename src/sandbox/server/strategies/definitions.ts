import { definitionProblem, withDefinitionDefaults } from '../definitions.ts';
import type { Strategy } from '../strategy.ts';

/** A CustomResourceDefinition: names are filled in and checked; the rest is the work of its controller. */
export const definitions: Strategy = {
  defaults: withDefinitionDefaults,
  check(object) {
    const problem = definitionProblem(object);
    if (!problem) return [];
    const [field, message] = problem;
    const reason = message.startsWith('Required') ? 'FieldValueRequired' : 'FieldValueInvalid';
    return [{ reason, field, message }];
  },
};
