from django.contrib.admin.apps import AdminConfig


class OperatorsAdminConfig(AdminConfig):
    default_site = "accounts.two_factor.admin_site.OperatorsAdminSite"
