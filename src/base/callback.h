/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whether this thread is inside a callback of the user's: then a blocking call
 * would wait for itself, and is refused.
 */
#ifndef GOFER_BASE_CALLBACK_H
#define GOFER_BASE_CALLBACK_H

#include <stdbool.h>

void callback_enter(void);
void callback_leave(void);
bool callback_active(void);

#endif
