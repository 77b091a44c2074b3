/**
 * Gives typedoc the TypeScript that it knows: it reads programs by the compiler's JavaScript API, which TypeScript 7, a
 * native program, does not have. To be preloaded (`--import`); everything else keeps the project's own.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === 'typescript' ? 'typescript-6' : specifier, context),
});
