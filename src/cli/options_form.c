/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about forms: fields and files, encoded data, the URL's query. A field is
 * written as for curl, name=content with ";type=" and ";filename=" behind it, the
 * content in quotes where it holds a semicolon.
 */
#include <gofer/form.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/input.h"
#include "cli/message.h"
#include "cli/options.h"

static void check_memory(gofer_status status)
{
    if (status == GOFER_ERR_NOMEM)
        cli_out_of_memory();
}

static gofer_form *form_of(struct config *config)
{
    if (config->form == NULL)
        config->form = gofer_form_new();
    if (config->form == NULL)
        cli_out_of_memory();
    check_memory(gofer_form_set_backslashes(config->form, config->form_backslashes));
    return config->form;
}

/* --- fields ---------------------------------------------------------------- */

struct field {
    struct text name;
    struct text content;
    char *type;     /* or NULL */
    char *filename; /* or NULL */
};

static void field_fini(struct field *f)
{
    text_fini(&f->name);
    text_fini(&f->content);
    free(f->type);
    free(f->filename);
}

/* Up to a semicolon; or what stands in quotes, in which a backslash takes the next byte as it is.
 * Returns where it ends. */
static const char *take_value(const char *at, struct text *out)
{
    if (*at != '"') {
        size_t len = strcspn(at, ";");
        text_append(out, at, len);
        return at + len;
    }
    for (at++; *at != '\0' && *at != '"'; at++) {
        if (at[0] == '\\' && at[1] != '\0')
            at++;
        text_append(out, at, 1);
    }
    return *at == '"' ? at + 1 : at;
}

/* A type may have parameters of its own: it ends where the file name begins. */
static const char *take_type(const char *at, struct text *out)
{
    const char *next = strstr(at, ";filename=");
    size_t len = next != NULL ? (size_t)(next - at) : strlen(at);

    text_append(out, at, len);
    return at + len;
}

/* What stands behind the content; NULL where that is nothing known. */
static const char *take_attribute(const char *at, struct field *f)
{
    bool is_type = strncmp(at, "type=", 5) == 0;
    struct text value = {0};

    if (!is_type && strncmp(at, "filename=", 9) != 0)
        return NULL;
    at = is_type ? take_type(at + 5, &value) : take_value(at + 9, &value);
    config_set_string(is_type ? &f->type : &f->filename, text_str(&value));
    text_fini(&value);
    return at;
}

/* "name=", and in *kind '@', '<' or '\0'. False where that is no field. */
static bool parse_field(const char *given, struct field *f, char *kind)
{
    const char *at = strchr(given, '=');

    if (at == NULL)
        return false;
    text_append(&f->name, given, (size_t)(at - given));
    at++;
    *kind = '\0';
    if (*at == '@' || *at == '<')
        *kind = *at++;
    at = take_value(at, &f->content);
    while (at != NULL && *at == ';') {
        at += 1 + strspn(at + 1, " ");
        at = take_attribute(at, f);
    }
    return at != NULL && *at == '\0';
}

/* What curl takes a file for by its name; otherwise for nothing in particular. */
static const char *type_of(const char *name, const char *otherwise)
{
    static const char *const types[][2] = {
        {".gif", "image/gif"},       {".jpg", "image/jpeg"},    {".jpeg", "image/jpeg"},
        {".png", "image/png"},       {".svg", "image/svg+xml"}, {".txt", "text/plain"},
        {".htm", "text/html"},       {".html", "text/html"},    {".pdf", "application/pdf"},
        {".xml", "application/xml"},
    };
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        size_t end = strlen(types[i][0]);

        if (len >= end && strcasecmp(name + len - end, types[i][0]) == 0)
            return types[i][1];
    }
    return otherwise;
}

/* The type that was said, or that the part's name tells. */
static const char *type_by_name(const struct field *f, const char *otherwise)
{
    if (f->type != NULL)
        return f->type;
    return f->filename != NULL ? type_of(f->filename, otherwise) : otherwise;
}

/* Or else the file's. */
static const char *type_by_file(const struct field *f, const char *otherwise)
{
    return type_by_name(f, type_of(text_str(&f->content), otherwise));
}

/* The type of a file's bytes: without a file's name plain text is what a field is anyway. */
static const char *type_of_contents(const struct field *f, const char *filename)
{
    const char *type = type_by_file(f, "");
    bool plain = filename == NULL && f->type == NULL && strcmp(type, "text/plain") == 0;

    return plain ? "" : type;
}

/* The bytes of a file, or of stdin. */
static enum option_error add_contents(struct config *config, const struct field *f,
                                      const char *filename)
{
    struct text bytes = {0};
    bool ok = input_read(config, text_str(&f->content), &bytes);

    if (ok)
        check_memory(gofer_form_add_data(form_of(config), text_str(&f->name), text_str(&bytes),
                                         bytes.len, filename, type_of_contents(f, filename)));
    text_fini(&bytes);
    return ok ? OPTION_OK : OPTION_UNREADABLE;
}

/* A file that cannot be had is the error of the transfers. */
static enum option_error add_field(struct config *config, struct field *f, char kind)
{
    const char *name = text_str(&f->name), *content = text_str(&f->content);

    if (kind == '<' && f->filename != NULL) {
        message_warn(config, "Field file name not allowed here: %s", f->filename);
        free(f->filename);
        f->filename = NULL;
    }
    if (kind == '<')
        return add_contents(config, f, NULL);
    if (kind == '@' && strcmp(content, "-") == 0)
        return add_contents(config, f, f->filename != NULL ? f->filename : content);
    if (kind == '@')
        check_memory(gofer_form_add_file(form_of(config), name, content, f->filename,
                                         type_by_file(f, NULL)));
    else
        check_memory(gofer_form_add_data(form_of(config), name, content, f->content.len,
                                         f->filename, type_by_name(f, "")));
    return OPTION_OK;
}

static enum option_error apply_form(struct config *config, const char *value)
{
    struct field field = {.type = NULL};
    char kind;
    enum option_error error = OPTION_MISUSED;

    if (parse_field(value, &field, &kind))
        error = add_field(config, &field, kind);
    field_fini(&field);
    return error;
}

static enum option_error apply_form_string(struct config *config, const char *value)
{
    const char *content = strchr(value, '=');
    struct text name = {0};

    if (content == NULL)
        return OPTION_MISUSED;
    text_append(&name, value, (size_t)(content - value));
    check_memory(gofer_form_add_text(form_of(config), text_str(&name), content + 1));
    text_fini(&name);
    return OPTION_OK;
}

/* For fields before it, too. */
static enum option_error apply_form_escape(struct config *config, const char *value)
{
    config->form_backslashes = value == NULL;
    if (config->form != NULL)
        form_of(config);
    return OPTION_OK;
}

/* --- encoded data ---------------------------------------------------------- */

static void append_encoded(struct text *out, const void *data, size_t len)
{
    gofer_params *params = gofer_params_new();
    const char *text;

    if (params == NULL)
        cli_out_of_memory();
    check_memory(gofer_params_add_data(params, NULL, data, len));
    text = gofer_params_text(params);
    if (text == NULL)
        cli_out_of_memory();
    text_append_str(out, text);
    gofer_params_free(params);
}

/* "content", "=content", "name=content", "@file" or "name@file", behind what out has already. */
static bool append_pair(struct config *config, struct text *out, const char *value)
{
    const char *mark = strchr(value, '=') != NULL ? strchr(value, '=') : strchr(value, '@');
    const char *content = mark != NULL ? mark + 1 : value;
    bool is_file = mark != NULL && *mark == '@';
    struct text bytes = {0};
    bool ok = true;

    if (is_file)
        ok = input_read(config, content, &bytes);
    else
        text_append_str(&bytes, content);
    if (mark != NULL && mark > value) {
        text_append(out, value, (size_t)(mark - value));
        text_append_str(out, "=");
    }
    append_encoded(out, text_str(&bytes), bytes.len);
    text_fini(&bytes);
    return ok;
}

static enum option_error apply_data_urlencode(struct config *config, const char *value)
{
    if (config->has_data)
        text_append_str(&config->data, "&");
    config->has_data = true;
    return append_pair(config, &config->data, value) ? OPTION_OK : OPTION_UNREADABLE;
}

static enum option_error apply_url_query(struct config *config, const char *value)
{
    if (config->query.len > 0)
        text_append_str(&config->query, "&");
    if (value[0] == '+') {
        text_append_str(&config->query, value + 1);
        return OPTION_OK;
    }
    return append_pair(config, &config->query, value) ? OPTION_OK : OPTION_UNREADABLE;
}

const struct option form_options[] = {
    {0, "data-urlencode", "data", 0, apply_data_urlencode, "As -d, encoded; name=data, name@file",
     HELP_HTTP | HELP_POST | HELP_UPLOAD, OPTION_LOCAL},
    {'F', "form", "name=content", 0, apply_form, "Send this field of a form; name=@file sends one",
     HELP_HTTP | HELP_UPLOAD, OPTION_LOCAL},
    {0, "form-escape", NULL, 0, apply_form_escape,
     "Put a backslash before quotes in a form's names", HELP_HTTP | HELP_UPLOAD,
     OPTION_LOCAL | OPTION_NEGATABLE},
    {0, "form-string", "name=string", 0, apply_form_string, "As -F, the string as it is",
     HELP_HTTP | HELP_UPLOAD, OPTION_LOCAL},
    {'G', "get", NULL, LOCAL_FIELD(get), NULL, "Put the data into the URL's query",
     HELP_HTTP | HELP_UPLOAD, OPTION_LOCAL},
    {0, "url-query", "data", 0, apply_url_query, "Add this to the query, encoded; +data as it is",
     HELP_HTTP | HELP_POST | HELP_UPLOAD, OPTION_LOCAL},
    {0},
};
