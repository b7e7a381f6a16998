// SPDX-License-Identifier: GPL-2.0
/* /sys/class/misc/uks/: numbers whose names and meaning stay. */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "uks.h"

struct uks_counters uks_counters;

static ssize_t daemon_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(uks_queue.registered));
}
static DEVICE_ATTR_RO(daemon);

static ssize_t clients_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", atomic64_read(&uks_clients));
}
static DEVICE_ATTR_RO(clients);

static ssize_t sessions_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", uks_quota_used(UKS_QUOTA_SESSIONS));
}
static DEVICE_ATTR_RO(sessions);

static ssize_t requests_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", uks_quota_used(UKS_QUOTA_REQUESTS));
}
static DEVICE_ATTR_RO(requests);

static ssize_t bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", uks_quota_used(UKS_QUOTA_BYTES));
}
static DEVICE_ATTR_RO(bytes);

static ssize_t messages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", atomic64_read(&uks_messages));
}
static DEVICE_ATTR_RO(messages);

static struct attribute *uks_sysfs_attrs[] = {
	&dev_attr_daemon.attr,
	&dev_attr_clients.attr,
	&dev_attr_sessions.attr,
	&dev_attr_requests.attr,
	&dev_attr_bytes.attr,
	&dev_attr_messages.attr,
	NULL
};

static const struct attribute_group uks_sysfs_group = { .attrs = uks_sysfs_attrs };

const struct attribute_group *uks_sysfs_groups[] = { &uks_sysfs_group, NULL };
