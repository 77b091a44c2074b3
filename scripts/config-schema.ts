/** The JSON schema of a command's configuration file, for editors: of the same options as its help. */
import type { Command, Option as CommandOption } from 'commander';
import { createProgram } from '../src/cli/program.ts';
import { configurable, kindOf, type OptionKind } from '../src/cli/typed/option-kinds.ts';

type Schema = Readonly<Record<string, unknown>>;

/** The files of schema/, by name. */
export const configSchemas = (): Record<string, string> =>
  Object.fromEntries(
    createProgram()
      .commands.filter(({ options }) => options.some(({ long }) => long === '--config'))
      .map((command) => [`${command.name()}.json`, `${JSON.stringify(schemaOf(command), null, 2)}\n`]),
  );

const schemaOf = (command: Command): Schema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: `The options of \`gradpool ${command.name()}\`, for its --config`,
  type: 'object',
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    ...Object.fromEntries(
      configurable(command.options).map((option) => [option.attributeName(), valueSchema(option)]),
    ),
  },
});

const valueSchema = (option: CommandOption): Schema => ({
  description: option.description,
  ...schemaOfKind(kindOf(option)),
});

function schemaOfKind(kind: OptionKind): Schema {
  switch (kind.type) {
    case 'integer':
      return { type: 'integer', minimum: kind.least, maximum: kind.most };
    case 'number':
      return { type: 'number' };
    case 'flag':
      return { type: 'boolean' };
    case 'name':
      return { enum: kind.names };
    case 'names':
      return { type: 'array', items: { enum: kind.names }, uniqueItems: true };
    case 'list':
      return {
        type: 'array',
        items: { type: kind.of === 'integer' || kind.of === 'number' ? kind.of : 'string' },
      };
    default:
      return { type: 'string' };
  }
}
