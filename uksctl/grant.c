// SPDX-License-Identifier: LGPL-2.1-or-later
/* Conditions of a grant: "uid=alice,exe=/usr/bin/app,purposes=sign+verify". */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "policy.h"

/*
 * struct spec - conditions while they are read
 * @conditions: what was read
 * @text: a copy of the words, which @conditions points into
 * @exe_digest: for @conditions
 * @digest_of_exe: the digest shall be that of the executable as it is now
 */
struct spec {
	struct uks_conditions conditions;
	char *text;
	uint8_t exe_digest[32];
	bool digest_of_exe;
};

static bool number_parse(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= max;
}

static bool take_uid(struct spec *spec, char *value)
{
	struct passwd *user = getpwnam(value);
	uint64_t number;

	if (!user && !number_parse(value, UINT32_MAX - 1, &number))
		return false;
	spec->conditions.uid = user ? user->pw_uid : number;
	return true;
}

static bool take_gid(struct spec *spec, char *value)
{
	struct group *group = getgrnam(value);
	uint64_t number;

	if (!group && !number_parse(value, UINT32_MAX - 1, &number))
		return false;
	spec->conditions.gid = group ? group->gr_gid : number;
	return true;
}

/* The id of a cgroup is the inode number of its folder. */
static bool take_cgroup(struct spec *spec, char *value)
{
	struct stat found;

	if (number_parse(value, UINT64_MAX, &spec->conditions.cgroup))
		return true;
	if (stat(value, &found) || !S_ISDIR(found.st_mode))
		return false;
	spec->conditions.cgroup = found.st_ino;
	return true;
}

static bool take_purposes(struct spec *spec, char *value)
{
	char word[32];
	uint32_t bit;
	size_t len;

	do {
		len = strcspn(value, "+");
		snprintf(word, sizeof(word), "%.*s", (int)len, value);
		bit = uks_word_value(UKS_WORD_PURPOSE, word);
		spec->conditions.purposes |= bit;
		value += len + 1;
	} while (bit && value[-1]);
	return bit;
}

static bool take_exe(struct spec *spec, char *value)
{
	spec->conditions.exe = value;
	return value[0] == '/';
}

static bool take_exe_digest(struct spec *spec, char *value)
{
	size_t len;

	spec->conditions.exe_digest = spec->exe_digest;
	spec->digest_of_exe = !strcmp(value, "auto");
	return spec->digest_of_exe ||
	       (hex_decode(value, spec->exe_digest, sizeof(spec->exe_digest), &len) &&
		len == sizeof(spec->exe_digest));
}

static bool take_unit(struct spec *spec, char *value)
{
	spec->conditions.unit = value;
	return *value;
}

static bool take_label(struct spec *spec, char *value)
{
	spec->conditions.label = value;
	return *value;
}

static const struct {
	const char *name;
	uint32_t condition;
	bool (*take)(struct spec *spec, char *value);
} words[] = {
	{ "uid", UKS_GRANT_UID, take_uid },
	{ "gid", UKS_GRANT_GID, take_gid },
	{ "exe", UKS_GRANT_EXE, take_exe },
	{ "exe-digest", UKS_GRANT_EXE_DIGEST, take_exe_digest },
	{ "unit", UKS_GRANT_UNIT, take_unit },
	{ "cgroup", UKS_GRANT_CGROUP, take_cgroup },
	{ "label", UKS_GRANT_LABEL, take_label },
	{ "purposes", UKS_GRANT_PURPOSES, take_purposes },
};

static int take_word(const struct run *run, struct spec *spec, char *word)
{
	char *value = strchr(word, '=');
	size_t i;

	for (i = 0; value && i < ARRAY_SIZE(words); i++) {
		if (strlen(words[i].name) != (size_t)(value - word) ||
		    strncmp(words[i].name, word, value - word))
			continue;
		if (spec->conditions.have & 1U << words[i].condition)
			return fail_usage(run, "'%s' is said twice", words[i].name);
		spec->conditions.have |= 1U << words[i].condition;
		if (words[i].take(spec, value + 1))
			return EXIT_OK;
		return fail_usage(run, "'%s' is not a value of '%s'", value + 1, words[i].name);
	}
	return fail_usage(run, "'%s' is not a condition of a grant", word);
}

static int digest_file(const char *path, uint8_t *digest)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *file = fopen(path, "re");
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	uint8_t buffer[65536];
	size_t len;

	while (file && ok && (len = fread(buffer, 1, sizeof(buffer), file)))
		ok = EVP_DigestUpdate(ctx, buffer, len);
	ok = file && ok && !ferror(file) && EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	if (!ok)
		fail_errno("read", path);
	if (file)
		fclose(file);
	return ok ? EXIT_OK : EXIT_ERROR;
}

static int take_words(const struct run *run, struct spec *spec)
{
	char *word, *rest = spec->text;
	int ret = EXIT_OK;

	while (!ret && (word = strsep(&rest, ",")))
		ret = take_word(run, spec, word);
	if (ret || !spec->digest_of_exe)
		return ret;
	if (!spec->conditions.exe)
		return fail_usage(run, "'exe-digest=auto' needs 'exe='");
	return digest_file(spec->conditions.exe, spec->exe_digest);
}

/* Adds the conditions that @text has to @policy; tells what is wrong with them. */
int grant_parse(struct run *run, struct uks_policy *policy, uint32_t rule, const char *text)
{
	struct spec spec = { .text = strdup(text) };
	int ret;

	if (!spec.text)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = take_words(run, &spec);
	if (!ret && uks_policy_add(policy, rule, &spec.conditions, &run->err))
		ret = fail(run, "take the grant", text);
	free(spec.text);
	return ret;
}

/* The same conditions as JSON. */
json_t *grant_json(const struct uks_conditions *conditions)
{
	json_t *object = json_object();
	uint32_t have = conditions->have;

	if (have & 1U << UKS_GRANT_UID)
		json_object_set_new(object, "uid", json_integer(conditions->uid));
	if (have & 1U << UKS_GRANT_GID)
		json_object_set_new(object, "gid", json_integer(conditions->gid));
	if (conditions->exe)
		json_object_set_new(object, "exe", json_string(conditions->exe));
	if (conditions->exe_digest)
		json_object_set_new(object, "exe-digest", json_hex(conditions->exe_digest, 32));
	if (conditions->unit)
		json_object_set_new(object, "unit", json_string(conditions->unit));
	if (have & 1U << UKS_GRANT_CGROUP)
		json_object_set_new(object, "cgroup", json_integer(conditions->cgroup));
	if (conditions->label)
		json_object_set_new(object, "label", json_string(conditions->label));
	if (have & 1U << UKS_GRANT_PURPOSES)
		json_object_set_new(object, "purposes",
				    json_bits(UKS_WORD_PURPOSE, conditions->purposes));
	return object;
}
