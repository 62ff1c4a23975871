/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Forms: what a browser would send. A gofer_form is multipart/form-data, with
 * files; gofer_params are name=value pairs, for a body
 * (application/x-www-form-urlencoded) or for a URL's query. What goes in is
 * escaped: no name, value or file name can end a field and begin another.
 *
 * Each is one thread's at a time. What is wrong with one sticks to it, and becomes
 * the error of the calls that are made with it.
 */
#ifndef GOFER_FORM_H
#define GOFER_FORM_H

#include <stddef.h>

#include <gofer/client.h>

GOFER_BEGIN_DECLS

typedef struct gofer_form gofer_form;
typedef struct gofer_params gofer_params;

/* --- multipart/form-data (RFC 7578, and the HTML standard's encoding of names) --- */

/* An empty form; NULL without memory. Free with gofer_form_free(), where NULL is legal; requests
 * and calls keep what they need. */
GOFER_API gofer_form *gofer_form_new(void);
GOFER_API void gofer_form_free(gofer_form *form);

/*
 * Adds a field: a string, or len bytes, which are copied. `filename` and
 * `content_type` may be NULL: no file name; no type, or application/octet-stream
 * where there is a file name ("": no type even then). GOFER_OK, GOFER_ERR_INVALID for a name or
 * data that is NULL or a content type that is no header value, or GOFER_ERR_NOMEM.
 */
GOFER_API gofer_status gofer_form_add_text(gofer_form *form, const char *name, const char *value);
GOFER_API gofer_status gofer_form_add_data(gofer_form *form, const char *name, const void *data,
                                           size_t len, const char *filename,
                                           const char *content_type);

/*
 * Adds a regular file, which is opened now and read as it is sent, never as a
 * whole; as long as it is now. `filename` NULL: the last part of the path;
 * `content_type` NULL: application/octet-stream. Further GOFER_ERR_BODY, with
 * errno, where the file cannot be had.
 */
GOFER_API gofer_status gofer_form_add_file(gofer_form *form, const char *name, const char *path,
                                           const char *filename, const char *content_type);

/*
 * Whether quotes and backslashes in names and file names, of fields added before
 * or after, get a backslash before them, as servers older than RFC 7578 expect, and
 * not as browsers have it: a quote is %22. Line ends are %0D and %0A in any case.
 * GOFER_OK, or GOFER_ERR_INVALID for NULL.
 */
GOFER_API gofer_status gofer_form_set_backslashes(gofer_form *form, int on);

/*
 * Makes the fields that the form has now the request's body, and sets
 * Content-Type, with a random boundary. The length is known; the body can be sent
 * again, and by many calls at once.
 */
GOFER_API gofer_status gofer_request_set_form(gofer_request *request, const gofer_form *form);

/* --- name=value pairs, as the URL standard writes them: a space is '+' --- */

/* As for forms. */
GOFER_API gofer_params *gofer_params_new(void);
GOFER_API void gofer_params_free(gofer_params *params);

/* Adds a pair; name NULL: the value alone, without '='. GOFER_OK, GOFER_ERR_INVALID or
 * GOFER_ERR_NOMEM. */
GOFER_API gofer_status gofer_params_add(gofer_params *params, const char *name, const char *value);
GOFER_API gofer_status gofer_params_add_data(gofer_params *params, const char *name,
                                             const void *value, size_t len);

/* The pairs in their order, escaped and joined with '&'; NULL without memory. Valid until params
 * are changed or freed. */
GOFER_API const char *gofer_params_text(gofer_params *params);

/* The URL with the pairs behind those that its query has, before its fragment; NULL without memory.
 * Valid until the next call, or until params are freed. */
GOFER_API const char *gofer_params_url(gofer_params *params, const char *url);

/* Makes the pairs that there are now the request's body, and sets Content-Type. */
GOFER_API gofer_status gofer_request_set_params(gofer_request *request, const gofer_params *params);

/* gofer_do() with a POST of the pairs. */
GOFER_API gofer_status gofer_post_form(gofer_client *client, const char *url,
                                       const gofer_params *params, gofer_response **response);

GOFER_END_DECLS

#endif
