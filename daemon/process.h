/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes as /proc has them. */
#ifndef UKSD_PROCESS_H
#define UKSD_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define EXAMINE_DIGEST_LEN	32	/* SHA-256 */
#define PROCESS_CGROUPS		32	/* levels that are looked at */

/**
 * enum examine_wanted - what to find out, bits
 * @EXAMINE_EXE: path of the executable
 * @EXAMINE_DIGEST: its SHA-256
 * @EXAMINE_CGROUP: cgroups and systemd unit
 */
enum examine_wanted {
	EXAMINE_EXE = 0x1,
	EXAMINE_DIGEST = 0x2,
	EXAMINE_CGROUP = 0x4,
};

/**
 * struct process - what was found out
 * @known: bits of enum examine_wanted
 * @error: errno of what failed first, 0 if nothing did
 * @cgroup_count: how many @cgroups
 * @cgroups: ids of the cgroup and of those above it
 * @digest: SHA-256 of the executable
 * @unit: the system's unit, "" if it is in none
 * @exe: path of the executable, in the mount namespace of its process
 */
struct process {
	uint32_t known;
	int32_t error;
	uint32_t cgroup_count;
	uint64_t cgroups[PROCESS_CGROUPS];
	uint8_t digest[EXAMINE_DIGEST_LEN];
	char unit[256];
	char exe[PATH_MAX];
};

/**
 * process_look() - look at a process
 * @pid: which
 * @wanted: bits of enum examine_wanted
 * @process: receives what was found out
 */
void process_look(uint32_t pid, unsigned int wanted, struct process *process);

/**
 * process_in_cgroup() - is a process in a cgroup, or in one below it?
 * @process: looked at with EXAMINE_CGROUP
 * @id: id of the cgroup
 *
 * Return: true if it is.
 */
bool process_in_cgroup(const struct process *process, uint64_t id);

/**
 * process_unit() - find the system's unit in the path of a cgroup
 * @path: as /proc/PID/cgroup has it
 * @unit: receives the unit, "" for none
 * @size: room at @unit
 *
 * It is the first part from the left that is a unit but not a slice: what is
 * below a unit is its own affair, such as what a user calls units of theirs.
 */
void process_unit(const char *path, char *unit, size_t size);

#endif /* UKSD_PROCESS_H */
