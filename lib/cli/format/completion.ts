import type { Command, Option } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface CommandWords {
  name: string;
  description: string;
  options: readonly Option[];
}

function wordsOf(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: command.options.filter((option) => !option.hidden),
  }));
}

function flagsOf(options: readonly Option[]): string[] {
  return options
    .flatMap(({ short, long }) => [short, long])
    .filter((flag): flag is string => flag !== undefined);
}

/** The script that completes the commands and options of `program`; built from them, so that it never lags behind. */
export function completionScript(shell: Shell, program: Command): string {
  const name = program.name();
  const commands = wordsOf(program);
  switch (shell) {
    case 'bash':
      return bash(name, commands);
    case 'zsh':
      return zsh(name, commands);
    case 'fish':
      return fish(name, commands);
  }
}

function bash(name: string, commands: readonly CommandWords[]): string {
  const cases = commands.map(
    ({ name: command, options }) => `    ${command}) words="${[...flagsOf(options), '--help'].join(' ')}" ;;`,
  );
  const choices = commands
    .flatMap(({ options }) => options)
    .filter((option) => option.argChoices !== undefined && option.long !== undefined)
    .map(
      (option) =>
        `    ${option.long}) COMPREPLY=($(compgen -W "${option.argChoices?.join(' ') ?? ''}" -- "$current")); return ;;`,
    );
  return `# bash completion of ${name}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  case "$previous" in
${[...new Set(choices)].join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    help) words="${commands.map((command) => command.name).join(' ')}" ;;
  esac
  if [[ "$current" == -* ]] || [ "\${COMP_WORDS[1]}" = help ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _${name} ${name} ${name}-cli
`;
}

function zsh(name: string, commands: readonly CommandWords[]): string {
  const quote = (text: string): string =>
    text.replaceAll("'", "'\\''").replaceAll('[', '\\[').replaceAll(']', '\\]').replaceAll(':', '\\:');
  const argument = (option: Option): string => {
    if (!option.required) return '';
    return option.argChoices === undefined ? ':value:_files' : `:value:(${option.argChoices.join(' ')})`;
  };
  const specs = ({ options }: CommandWords): string =>
    options
      .flatMap((option) =>
        flagsOf([option]).map((flag) => `'*${flag}[${quote(option.description)}]${argument(option)}'`),
      )
      .map((spec) => `        ${spec} \\\n`)
      .join('');
  return `#compdef ${name} ${name}-cli
_${name}() {
  local -a commands
  commands=(
${commands.map((command) => `    '${command.name}:${quote(command.description)}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${commands.map((command) => `    ${command.name})\n      _arguments -s \\\n${specs(command)}        '*:file:_files' ;;`).join('\n')}
  esac
}
_${name} "$@"
`;
}

function fish(name: string, commands: readonly CommandWords[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((command) => [
    `complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${quote(command.description)}`,
    ...command.options.map((option) => {
      const parts = [`complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}'`];
      if (option.short !== undefined) parts.push(`-s ${option.short.slice(1)}`);
      if (option.long !== undefined) parts.push(`-l ${option.long.slice(2)}`);
      if (option.required) parts.push('-r');
      if (option.argChoices !== undefined) parts.push(`-f -a ${quote(option.argChoices.join(' '))}`);
      parts.push(`-d ${quote(option.description)}`);
      return parts.join(' ');
    }),
  ]);
  return `# fish completion of ${name}\n${lines.join('\n')}\n`;
}
