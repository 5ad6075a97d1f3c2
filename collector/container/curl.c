/* SPDX-License-Identifier: Apache-2.0 */
/* Finds libcurl's functions (curl.h). */
#include "collector/container/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* The binary interface that 7.16 (2006) and all later releases have. */
#define SONAME "libcurl.so.4"

static struct ct_curl functions;
static bool loaded;

static void load(void)
{
	static const char *const names[] = {
#define X(name) "curl_" #name,
		CT_CURL_FUNCTIONS(X)
#undef X
	};
	void **to = (void **)&functions;
	void *library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < sizeof names / sizeof names[0]; i++) {
		to[i] = dlsym(library, names[i]);
		if (!to[i])
			return;
	}
	loaded = library && functions.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const struct ct_curl *ct_curl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded ? &functions : NULL;
}
