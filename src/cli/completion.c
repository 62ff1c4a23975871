/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Completion for bash and zsh; see completion.h.
 */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

/* What an option's value is, as far as a shell can help with it. */
enum value_kind { VALUE_NONE, VALUE_FILE, VALUE_DIR, VALUE_WORD };

static enum value_kind kind_of(const struct option *option)
{
    if (option->value == NULL)
        return VALUE_NONE;
    if (strstr(option->value, "dir") != NULL)
        return VALUE_DIR;
    if (strstr(option->value, "file") != NULL || strcmp(option->value, "path") == 0)
        return VALUE_FILE;
    return VALUE_WORD;
}

static void each_option(void (*print)(const struct option *option))
{
    for (const struct option *const *group = option_groups; *group != NULL; group++)
        for (const struct option *o = *group; o->name != NULL; o++)
            print(o);
}

/* --- bash ------------------------------------------------------------------ */

static void print_bash_word(const struct option *o)
{
    printf(" --%s", o->name);
}

static void print_bash_pattern(const struct option *o, enum value_kind kind)
{
    if (kind_of(o) != kind)
        return;
    printf("|--%s", o->name);
    if (o->letter != '\0')
        printf("|-%c", o->letter);
}

static void print_bash_file(const struct option *o)
{
    print_bash_pattern(o, VALUE_FILE);
}

static void print_bash_dir(const struct option *o)
{
    print_bash_pattern(o, VALUE_DIR);
}

static void print_bash_value(const struct option *o)
{
    print_bash_pattern(o, VALUE_WORD);
}

/* Each list of patterns begins with one that nothing matches, so that it may be empty. */
static void print_bash(void)
{
    puts("# bash completion for gofer; made by: gofer --completion bash\n"
         "_gofer()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "    COMPREPLY=()\n"
         "    case $before in");
    fputs("        ?none?", stdout);
    each_option(print_bash_file);
    puts(")\n            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
         "            compopt -o filenames\n            return ;;");
    fputs("        ?none?", stdout);
    each_option(print_bash_dir);
    puts(")\n            mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
         "            compopt -o filenames\n            return ;;");
    fputs("        ?none?", stdout);
    each_option(print_bash_value);
    puts(")\n            return ;;\n    esac\n    [[ $word == -* ]] || return\n"
         "    mapfile -t COMPREPLY < <(compgen -W '\\");
    each_option(print_bash_word);
    puts("' -- \"$word\")\n}\ncomplete -F _gofer gofer");
}

/* --- zsh ------------------------------------------------------------------- */

/* In a specification of _arguments, in single quotes. */
static void print_zsh_text(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text) != NULL)
            printf("\\%c", *text);
        else
            fputc(*text, stdout);
}

static void print_zsh_value(const struct option *o)
{
    static const char *const actions[] = {
        [VALUE_FILE] = "_files", [VALUE_DIR] = "_files -/", [VALUE_WORD] = " "};

    if (o->value == NULL)
        return;
    fputs((o->traits & OPTION_MAY_TAKE) != 0 ? "::" : ":", stdout);
    print_zsh_text(o->value);
    printf(":%s", actions[kind_of(o)]);
}

static void print_zsh_option(const struct option *o)
{
    if (o->letter != '\0')
        printf("    '*'{-%c%s,--%s}'[", o->letter, o->value != NULL ? "+" : "", o->name);
    else
        printf("    '*--%s[", o->name);
    print_zsh_text(o->help);
    fputs("]", stdout);
    print_zsh_value(o);
    puts("' \\");
}

static void print_zsh(void)
{
    puts("#compdef gofer\n# zsh completion for gofer; made by: gofer --completion zsh\n"
         "_arguments -s -S \\");
    each_option(print_zsh_option);
    puts("    '*:URL:_urls'");
}

/* --- both ------------------------------------------------------------------ */

static const struct shell {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {NULL, NULL}};

static const struct shell *find(const char *name)
{
    const struct shell *shell = shells;

    while (shell->name != NULL && strcmp(shell->name, name) != 0)
        shell++;
    return shell->name != NULL ? shell : NULL;
}

bool completion_knows(const char *shell)
{
    return find(shell) != NULL;
}

enum exit_code completion_print(const char *shell)
{
    const struct shell *known = find(shell);

    if (known != NULL)
        known->print();
    return fflush(stdout) == 0 && !ferror(stdout) ? CODE_OK : CODE_WRITE;
}
