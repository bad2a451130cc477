import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Properties;
import javax.servlet.DispatcherType;
import org.apache.solr.core.CoreContainer;
import org.apache.solr.servlet.CoreContainerProvider;
import org.apache.solr.servlet.SolrDispatchFilter;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.DefaultServlet;
import org.eclipse.jetty.servlet.ServletContextHandler;

/**
 * Solr as one process, without its distribution: `java -cp 'lib/*' SolrServer.java HOME PORT`.
 *
 * HOME is a Solr home (solr.xml, cores with their core.properties). The server listens on the loopback address only,
 * under the path /solr, and stops cleanly on SIGTERM (open cores are committed and closed).
 */
public class SolrServer {
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.err.println("usage: SolrServer HOME PORT");
            System.exit(2);
        }
        System.setProperty("solr.solr.home", args[0]);
        System.setProperty("jetty.port", args[1]);

        Server server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])));
        ServletContextHandler context = new ServletContextHandler(server, "/solr", ServletContextHandler.SESSIONS);
        context.addEventListener(new CoreContainerProvider() {
            /** One that cannot start ends, to be started again: a node's own trace in ZooKeeper may outlive it by seconds. */
            @Override
            protected CoreContainer createCoreContainer(Path home, Properties properties) {
                try {
                    return super.createCoreContainer(home, properties);
                } catch (RuntimeException failure) {
                    failure.printStackTrace();
                    Runtime.getRuntime().halt(1);
                    return null;
                }
            }
        });
        context.addFilter(SolrDispatchFilter.class, "/*", EnumSet.of(DispatcherType.REQUEST));
        context.addServlet(DefaultServlet.class, "/");
        context.setResourceBase(args[0] + "/empty");

        server.setStopAtShutdown(true);
        server.setStopTimeout(10_000);
        server.start();
        server.join();
    }
}
