/** What a thread is started with of the options that Node.js itself was started with. */
export interface ThreadOptions {
  readonly execArgv?: string[];
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Threads inherit the options of their process. One of them they cannot take: --input-type, which is about a program
 * given as text (`--eval` or standard input) and is refused where there is a file. Where it stands, threads get a list
 * of their own; it may hold nothing that is the process's (V8's options, say, which act in threads all the same).
 */
export function threadOptions(
  given: readonly string[] = process.execArgv,
  env: NodeJS.ProcessEnv = process.env,
): ThreadOptions {
  const { NODE_OPTIONS: fromEnvironment = '' } = env;
  if (!given.some((option) => nameOf(option) === '--input-type') && !inputTypeAndValue.test(fromEnvironment))
    return {};
  return {
    execArgv: ofThreads(given),
    // Without an environment of its own a thread would read the process's NODE_OPTIONS again.
    env: { ...env, NODE_OPTIONS: fromEnvironment.replaceAll(everyInputType, ' ').trim() },
  };
}

/** Node.js takes --input_type for --input-type. */
const nameOf = (option: string): string => option.split('=', 1)[0].replaceAll('_', '-');

const inputTypeAndValue = /(?<!\S)"?--input[-_]type(=|\s+)[\w-]+"?(?!\S)/;
const everyInputType = new RegExp(inputTypeAndValue, 'g');

/** What decides how modules are found, loaded and guarded; with the value beside or behind it. */
const withValue =
  /^(-r|-C|--(require|import|loader|experimental-loader|conditions|disable-warning|allow-fs-(read|write)))$/;
const withoutValue = new RegExp(
  `^--(no-)?(${[
    'preserve-symlinks|require-module|strip-types|enable-source-maps|addons|warnings|deprecation',
    'experimental-(require-module|detect-module|strip-types|transform-types|vm-modules|wasm-modules)',
    'experimental-(addon-modules|import-meta-resolve|import-text)',
    '(trace|throw|pending)-deprecation|trace-warnings',
    // A thread without them would be free of what the process may not do.
    'permission|allow-(addons|child-process|ffi|inspector|net|openssl-store|wasi|worker)',
  ].join('|')})$`,
);

function ofThreads(given: readonly string[]): string[] {
  const kept: string[] = [];
  for (const [index, option] of given.entries()) {
    if (withoutValue.test(nameOf(option))) kept.push(option);
    if (!withValue.test(nameOf(option))) continue;
    kept.push(option);
    if (!option.includes('=')) kept.push(given[index + 1]);
  }
  return kept;
}
